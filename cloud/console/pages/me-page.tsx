import type { GivenProof, ProofQuestion } from '../../core/proof-question.ts'
import type { PasskeyDocument, ProofsDocument } from '../../http/proofs-routes.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Moment } from '../parts/moment.tsx'
import { Panel } from '../parts/panel.tsx'
import { CodeInput, ProofForm } from '../parts/proof-form.tsx'
import { QrCode } from '../parts/qr-code.tsx'
import { makePasskey } from '../passkeys.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useEffect, useState } from '../view.ts'

const MOST_PASSKEYS = 2

/** A person's own proofs: passkeys and one-time passwords, set up and taken back. */
export function MePage() {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [proofs, setProofs] = useState<ProofsDocument | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const load = () => api.proofs().then(setProofs, (error: Error) => setFailure(error.message))
  useEffect(() => void (user && load()), [user?.id])
  if (user === null) return <p class="quiet empty">{t('signIn.how')}</p>
  return (
    <div class="me-page">
      <h1>{user.name}</h1>
      <p class="quiet">
        {user.department} · {t(`role.${user.role}`)}
        {proofs &&
          ` · ${t('me.accepted')} ${proofs.accepted.map((kind) => t(`proof.kind.${kind as 'link'}`)).join('、')}`}
      </p>
      {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
      {proofs && <Passkeys proofs={proofs} user={user.id} changed={load} />}
      {proofs && <OneTimePasswords proofs={proofs} user={user.id} changed={load} />}
    </div>
  )
}

interface Part {
  readonly proofs: ProofsDocument
  readonly user: string
  readonly changed: () => void
}

/** What was begun and waits for a proof that was set up before. */
interface Pending {
  readonly question: ProofQuestion
  readonly go: (proof: GivenProof) => Promise<void>
}

function Passkeys({ proofs, user, changed }: Part) {
  const { t } = useSpeech()
  const [name, setName] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const [pending, setPending] = useState<Pending | null>(null)
  const add = async () => {
    const { options, question } = await api.beginPasskey()
    const finish = async (proof?: GivenProof) => {
      await api.addPasskey(name.trim(), await makePasskey(options), proof)
      setPending(null)
      setName('')
      changed()
    }
    if (question) setPending({ question, go: finish })
    else await finish()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    setFailure(null)
    add().catch((error: Error) => setFailure(error.message))
  }
  return (
    <Panel title={t('me.passkeys')} class="passkeys">
      <p class="quiet">{t('me.passkeysNote')}</p>
      <ul>
        {proofs.passkeys.map((passkey) => (
          <Passkey key={passkey.id} passkey={passkey} user={user} changed={changed} />
        ))}
      </ul>
      {proofs.passkeys.length < MOST_PASSKEYS && (
        <form onSubmit={submit} class="inline">
          <label>
            {t('me.passkeyName')}
            <input
              name="passkey"
              maxLength={60}
              required
              value={name}
              onInput={(e) => setName(e.currentTarget.value)}
            />
          </label>
          <button type="submit" data-action="add-passkey" disabled={name.trim() === ''}>
            {t('me.addPasskey')}
          </button>
        </form>
      )}
      {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
      {pending && <PendingDialog pending={pending} onClose={() => setPending(null)} />}
    </Panel>
  )
}

function Passkey(props: { readonly passkey: PasskeyDocument; readonly user: string; readonly changed: () => void }) {
  const { t } = useSpeech()
  const now = useNow()
  const { passkey } = props
  const revoke = () => api.revokePasskey(props.user, passkey.id, t('me.revokedByOwner')).then(props.changed)
  return (
    <li data-passkey={passkey.id}>
      <b>{passkey.name}</b>{' '}
      <span class="quiet">
        {t('me.since')} <Moment at={passkey.createdAt} nowMs={now} />
        {passkey.lastUsedAt && (
          <>
            {' · '}
            {t('me.lastUsed')} <Moment at={passkey.lastUsedAt} nowMs={now} />
          </>
        )}
      </span>{' '}
      <button type="button" class="plain" data-action="revoke-passkey" onClick={revoke}>
        {t('me.revoke')}
      </button>
    </li>
  )
}

function PendingDialog(props: { readonly pending: Pending; readonly onClose: () => void }) {
  const { t } = useSpeech()
  return (
    <Dialog title={t('me.proveFirst')} onClose={props.onClose}>
      <p>{t('me.proveFirstNote')}</p>
      <ProofForm
        ask={async () => props.pending.question}
        give={props.pending.go}
        words={{ passkey: t('proof.usePasskey'), totp: t('proof.give'), link: t('proof.give') }}
        action="prove-first"
        back={
          <button type="button" onClick={props.onClose}>
            {t('order.confirm.no')}
          </button>
        }
      />
    </Dialog>
  )
}

function OneTimePasswords({ proofs, user, changed }: Part) {
  const { t } = useSpeech()
  const now = useNow()
  const [begun, setBegun] = useState<Awaited<ReturnType<typeof api.beginTotp>> | null>(null)
  const [code, setCode] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const [pending, setPending] = useState<Pending | null>(null)
  const done = () => {
    setBegun(null)
    setPending(null)
    setCode('')
    changed()
  }
  const fail = (error: Error) => setFailure(error.message)
  const confirm = (event: Event) => {
    event.preventDefault()
    setFailure(null)
    const finish = async (proof?: GivenProof) => {
      await api.confirmTotp(code, proof)
      done()
    }
    if (begun?.question) setPending({ question: begun.question, go: finish })
    else finish().catch(fail)
  }
  return (
    <Panel title={t('me.totp')} class="totp">
      <p class="quiet">{t('me.totpNote')}</p>
      {proofs.totp && (
        <p>
          {t('me.since')} <Moment at={proofs.totp.since} nowMs={now} />{' '}
          <button
            type="button"
            class="plain"
            data-action="revoke-totp"
            onClick={() => api.revokeTotp(user, t('me.revokedByOwner')).then(changed, fail)}
          >
            {t('me.revoke')}
          </button>
        </p>
      )}
      {proofs.totp === null && begun === null && (
        <button type="button" data-action="begin-totp" onClick={() => api.beginTotp().then(setBegun, fail)}>
          {t('me.beginTotp')}
        </button>
      )}
      {begun && (
        <form onSubmit={confirm} class="totp-setup">
          <QrCode text={begun.uri} label={t('me.qr')} />
          <div>
            <p>{t('me.scan')}</p>
            <p>
              <code data-secret="once">{begun.secret}</code>
            </p>
            <p class="quiet">{t('me.once')}</p>
            <CodeInput code={code} onCode={setCode} />
            <button type="submit" data-action="confirm-totp" disabled={code.length !== 6}>
              {t('me.confirmTotp')}
            </button>
          </div>
        </form>
      )}
      {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
      {pending && <PendingDialog pending={pending} onClose={() => setPending(null)} />}
    </Panel>
  )
}
