/** How large a file is, as people read it. */
import { t } from './texts'

export const size = (bytes: number): string =>
  bytes < 1e6 ? t('kilobytes', { n: Math.ceil(bytes / 1000) }) : t('megabytes', { n: (bytes / 1e6).toFixed(1) })
