import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useEffect, useState } from '../view.ts'

/** Says loudly that the page has stopped, as of when, and when it tries again. */
export function ConnectionBanner() {
  const { t, format } = useSpeech()
  const connection = useStore(model.connection)
  const skewMs = useStore(model.skewMs)
  const [now, setNow] = useState(Date.now)
  const isCut = connection.kind === 'cut'
  useEffect(() => {
    if (!isCut) return
    const tick = () => setNow(Date.now())
    tick()
    const timer = setInterval(tick, 500)
    return () => clearInterval(timer)
  }, [isCut])
  if (!isCut) return null
  const seconds = Math.ceil((connection.retryAtMs - now) / 1000)
  return (
    <div class="banner" role="alert">
      <strong>{t('connection.banner', { time: format.clock(connection.sinceMs + skewMs) })}</strong>{' '}
      <span aria-hidden="true">{seconds > 0 ? t('connection.retry', { seconds }) : t('connection.retrying')}</span>
    </div>
  )
}
