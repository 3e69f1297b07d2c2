import { ApiError } from '../api-client.ts'
import { model } from '../model.ts'
import { Link } from '../parts/link.tsx'
import { go } from '../router.ts'
import { signIn } from '../session.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useEffect, useState } from '../view.ts'

/** Exchanges the token of a sign-in link for a session, and takes it out of the address bar before anything else. */
export function SignInPage(props: { readonly token: string | null }) {
  const { t } = useSpeech()
  const me = useStore(model.me)
  const [failure, setFailure] = useState<ApiError | null>(null)
  const { token } = props
  useEffect(() => {
    if (token === null) return
    history.replaceState(null, '', '/sign-in')
    signIn(token).then(
      () => go({ kind: 'sites' }, { replace: true }),
      (error: unknown) => setFailure(error instanceof ApiError ? error : new ApiError('internal', String(error))),
    )
  }, [token])
  const isRefused = failure?.code === 'not-signed-in' || failure?.code === 'request-invalid'
  return (
    <section class="notice">
      <h1>{t('signIn.title')}</h1>
      {token === null && me !== null && me.user === null && !me.publicReading && <p>{t('signIn.needed')}</p>}
      {token === null && <p>{t('signIn.how')}</p>}
      {token !== null && failure === null && <p>{t('signIn.checking')}</p>}
      {failure !== null && (
        <p class="failure" role="alert">
          {isRefused ? t('signIn.refused') : t('signIn.failed', { reason: failure.message })}
        </p>
      )}
      {(me?.user || me?.publicReading) && (
        <Link to={{ kind: 'sites' }} class="button">
          {t('signIn.back')}
        </Link>
      )}
    </section>
  )
}
