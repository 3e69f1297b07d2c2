import { Link } from '../parts/link.tsx'
import { useSpeech } from '../text/language.ts'

/** There is nothing at this address. */
export function UnknownPage() {
  const { t } = useSpeech()
  return (
    <section class="notice">
      <h1>{t('unknown.title')}</h1>
      <p>{t('unknown.text')}</p>
      <Link to={{ kind: 'sites' }} class="button">
        {t('signIn.back')}
      </Link>
    </section>
  )
}
