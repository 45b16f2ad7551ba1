/** What an upload is doing, in words. */
import { texts } from '../../../shared/i18n'
import type { Job } from '../upload/job'
import type { ApplicationState } from './useApplication'

// After this time a check takes longer than people expect.
const SLOW = 20_000

export function usePhaseText(application: ApplicationState): (job: Job) => string {
  const t = texts({
    preparing: ['正在处理图片…', 'Preparing the image…'],
    reserving: ['正在准备上传…', 'Getting ready…'],
    sending: ['正在上传 {percent}%', 'Uploading {percent}%'],
    waiting: ['网络中断，恢复后自动继续上传', 'Connection lost. Uploading goes on when it is back.'],
    checking: ['已上传，正在检查图片…', 'Uploaded. Checking the image…'],
    slow: ['已上传，检查比平时慢，完成后会自动显示，不必重新上传', 'Uploaded. Checking takes longer than usual; the result will appear by itself.'],
    cancelling: ['正在取消…', 'Cancelling…'],
    failed: ['上传失败', 'Upload failed'],
  })
  return (job) => {
    if (job.phase === 'sending') return t('sending', { percent: Math.round(job.progress * 100) })
    if (job.phase === 'checking' && application.now.value - job.sentAt > SLOW) return t('slow')
    return t(job.phase)
  }
}
