import type { GivenProof, ProofQuestion } from '../../core/proof-question.ts'
import { answerWithPasskey } from '../passkeys.ts'
import { useSpeech } from '../text/language.ts'
import { type ComponentChildren, useEffect, useState } from '../view.ts'
import { Link } from './link.tsx'

type Strong = 'passkey' | 'totp' | 'link'
const BEST_FIRST: readonly Strong[] = ['passkey', 'totp', 'link']
const DIGITS = 6

/**
 * Asks for a proof to be present, the best first, and hands it on. A question is good once: after a failure another is
 * asked.
 */
export function ProofForm(props: {
  /** Asks the server how this person may prove to be present. */
  readonly ask: () => Promise<ProofQuestion>
  readonly give: (proof: GivenProof) => Promise<void>
  /** What the button says, by how it is proved. */
  readonly words: { readonly [K in Strong]: string }
  readonly action: string
  readonly danger?: boolean
  readonly back: ComponentChildren
}) {
  const { t } = useSpeech()
  const [question, setQuestion] = useState<ProofQuestion | null>(null)
  const [wanted, setWanted] = useState<Strong | null>(null)
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const ask = () =>
    props.ask().then(setQuestion, (error: Error) => {
      setFailure(error.message)
    })
  useEffect(() => void ask(), [])
  const usable = BEST_FIRST.filter((kind) => question?.usable.includes(kind))
  const kind = wanted !== null && usable.includes(wanted) ? wanted : usable[0]
  const prove = async (): Promise<GivenProof> => {
    if (kind === 'passkey') return { kind, assertion: await answerWithPasskey(question?.passkey ?? {}) }
    return kind === 'totp' ? { kind, code } : { kind: 'link' }
  }
  const submit = (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setFailure(null)
    prove()
      .then(props.give)
      .catch(async (error: Error) => {
        setFailure(error.message)
        setCode('')
        await ask()
        setBusy(false)
      })
  }
  const other = usable.find((one): one is 'passkey' | 'totp' => one !== kind && one !== 'link')
  const ready = kind !== undefined && !busy && (kind !== 'totp' || code.length === DIGITS)
  return (
    <form onSubmit={submit} class="proof" data-proof={kind ?? 'none'}>
      {question !== null && kind === undefined && (
        <p class="failure">
          {t('proof.none')} <Link to={{ kind: 'me' }}>{t('proof.setUp')}</Link>
        </p>
      )}
      {kind === 'totp' && <CodeInput code={code} onCode={setCode} />}
      {kind === 'passkey' && <p class="quiet">{t('proof.passkeyNote')}</p>}
      {failure && (
        <p class="failure" role="alert">
          {t('order.failed', { reason: failure })}
        </p>
      )}
      <div class="dialog-actions">
        {other && (
          <button type="button" class="plain" data-action={`use-${other}`} onClick={() => setWanted(other)}>
            {t(`proof.use.${other}`)}
          </button>
        )}
        {props.back}
        <button type="submit" class={props.danger ? 'danger' : ''} disabled={!ready} data-action={props.action}>
          {props.words[kind ?? 'link']}
        </button>
      </div>
    </form>
  )
}

/** Six digits of an authenticator app. */
export function CodeInput(props: { readonly code: string; readonly onCode: (code: string) => void }) {
  const { t } = useSpeech()
  return (
    <label>
      {t('proof.code')}
      <input
        class="code"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9]{6}"
        maxLength={DIGITS}
        size={8}
        required
        value={props.code}
        onInput={(event) => props.onCode(event.currentTarget.value.replace(/\D/g, ''))}
      />
    </label>
  )
}
