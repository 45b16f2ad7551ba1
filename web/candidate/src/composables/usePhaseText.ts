/** What an upload is doing, in words. */
import { texts } from '../../../shared/i18n'
import type { Job } from '../upload/job'
import type { ApplicationState } from './useApplication'

// After this time a check, or sending without progress, takes longer than people expect.
const SLOW_CHECK = 20_000
const SLOW_SENDING = 10_000

export function usePhaseText(application: ApplicationState): (job: Job) => string {
  const t = texts({
    reserving: ['正在准备上传…', 'Getting ready…'],
    sending: ['正在上传 {percent}%（共 {size} KB）', 'Uploading {percent}% of {size} KB'],
    crawling: ['网络很慢，仍在上传 {percent}%（共 {size} KB）', 'The network is slow. Still uploading, {percent}% of {size} KB'],
    network: ['网络中断，恢复后自动继续上传', 'Connection lost. Uploading goes on by itself when it is back.'],
    busy: ['系统繁忙，稍后自动继续上传', 'The system is busy. Uploading goes on by itself in a moment.'],
    checking: ['已上传，正在检查图片…', 'Uploaded. Checking the image…'],
    slow: ['已上传，检查比平时慢，完成后会自动显示，不必重新上传', 'Uploaded. Checking takes longer than usual; the result will appear by itself.'],
    cancelling: ['正在取消…', 'Cancelling…'],
    failed: ['上传失败', 'Upload failed'],
  })
  return (job) => {
    const still = application.now.value - job.movedAt
    if (job.phase === 'sending') {
      const size = Math.ceil(job.image.blob.size / 1024)
      return t(still > SLOW_SENDING ? 'crawling' : 'sending', { percent: Math.round(job.progress * 100), size })
    }
    if (job.phase === 'waiting') return t(job.dropped ?? 'network')
    if (job.phase === 'checking' && still > SLOW_CHECK) return t('slow')
    return t(job.phase)
  }
}
