import { isApprover } from '../../core/ports.ts'
import type { SiteDocument } from '../../http/documents.ts'
import type { StandingDocument } from '../../http/standing-routes.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Moment } from '../parts/moment.tsx'
import { Panel } from '../parts/panel.tsx'
import { ProofForm } from '../parts/proof-form.tsx'
import { ReasonForm } from '../parts/reason-form.tsx'
import { Reasons } from '../parts/reasons.tsx'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useEffect, useState } from '../view.ts'

const DAY_MS = 86_400_000
const MOST_DAYS = 90

/** Standing authorisations: what may be cut on one confirmation, who signed, and until when; proposed and revoked here. */
export function StandingsPage() {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [standings, setStandings] = useState<readonly StandingDocument[] | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const load = () => api.standings().then(setStandings, (error: Error) => setFailure(error.message))
  useEffect(() => void load(), [user?.id])
  const mayAct = user !== null && isApprover(user.role)
  return (
    <div class="standings-page">
      <h1>{t('standing.title')}</h1>
      <p class="quiet">{t('standing.note')}</p>
      {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
      {standings?.length === 0 && <p class="quiet">{t('standing.none')}</p>}
      {standings?.map((one) => (
        <Standing key={one.id} standing={one} mayAct={mayAct} user={user?.id ?? null} changed={load} />
      ))}
      {mayAct && <Proposal changed={load} />}
    </div>
  )
}

function Standing(props: {
  readonly standing: StandingDocument
  readonly mayAct: boolean
  readonly user: string | null
  readonly changed: () => void
}) {
  const { t, format } = useSpeech()
  const now = useNow()
  const [asking, setAsking] = useState<'sign' | 'revoke' | null>(null)
  const { standing } = props
  const { content, state } = standing
  const close = () => setAsking(null)
  const after = () => {
    close()
    props.changed()
  }
  const signed = standing.approvals.some(({ user }) => user === props.user)
  const words = state === 'in-force' && !standing.valid ? 'standing.state.idle' : (`standing.state.${state}` as const)
  return (
    <Panel title={content.site.name} class="standing" aside={<b data-standing-state={state}>{t(words)}</b>}>
      <p>
        <code>{standing.id}</code> · {t('standing.span')} {format.full(Date.parse(content.from))} –{' '}
        {format.full(Date.parse(content.to))}
      </p>
      <p>{content.reason}</p>
      <ul>
        {content.supplyPoints.map((point) => (
          <li key={point.id}>
            <b>{point.location}</b> · {t('order.point.loadClass')} {point.loadClass} ·{' '}
            {t('order.point.surveyed', { date: point.surveyedOn ?? '—' })} · {point.loads.join('、')}
          </li>
        ))}
      </ul>
      <ul class="signers">
        {standing.approvals.map((one) => (
          <li key={one.user}>
            <b>{one.name}</b> {one.department} · {t(`role.${one.role}`)} · {t(`proof.kind.${one.proof ?? 'none'}`)} ·{' '}
            <Moment at={one.at} nowMs={now} />
          </li>
        ))}
      </ul>
      {state === 'in-force' && !standing.valid && <Reasons because={standing.problems} />}
      {standing.revoked && (
        <p>{t('standing.revokedBy', { who: standing.revoked.by, reason: standing.revoked.reason })}</p>
      )}
      {props.mayAct && state !== 'revoked' && (
        <div class="actions">
          {state === 'proposed' && !signed && (
            <button type="button" class="danger" data-action="sign-standing" onClick={() => setAsking('sign')}>
              {t('standing.sign')}
            </button>
          )}
          <button type="button" data-action="revoke-standing" onClick={() => setAsking('revoke')}>
            {t('standing.revoke')}
          </button>
        </div>
      )}
      {asking === 'sign' && (
        <Dialog title={t('standing.signTitle')} onClose={close}>
          <p class="dialog-site">{content.site.name}</p>
          <p>{t('standing.signNote')}</p>
          <ProofForm
            ask={() => api.standingQuestion(standing.id)}
            give={async (proof) => {
              await api.signStanding(standing.id, standing.documentSha256, proof)
              after()
            }}
            words={{ passkey: t('standing.signPasskey'), totp: t('standing.sign'), link: t('standing.sign') }}
            action="confirm-sign"
            danger
            back={
              <button type="button" onClick={close}>
                {t('order.confirm.no')}
              </button>
            }
          />
        </Dialog>
      )}
      {asking === 'revoke' && (
        <Dialog title={t('standing.revokeTitle')} onClose={close}>
          <ReasonForm
            send={async (reason) => {
              await api.revokeStanding(standing.id, reason)
              after()
            }}
            sendText={t('standing.revoke')}
            action="confirm-revoke"
          />
        </Dialog>
      )}
    </Panel>
  )
}

function Proposal(props: { readonly changed: () => void }) {
  const { t } = useSpeech()
  const sites = [...useStore(model.sites).values()].filter((site) => classA(site).length > 0)
  const [site, setSite] = useState('')
  const [days, setDays] = useState(30)
  const [reason, setReason] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const chosen = sites.find(({ id }) => id === site)
  const submit = (event: Event) => {
    event.preventDefault()
    if (!chosen) return
    setFailure(null)
    const now = Date.now()
    const span = { from: new Date(now).toISOString(), to: new Date(now + days * DAY_MS).toISOString() }
    api.proposeStanding({ site, supplyPoints: classA(chosen), reason: reason.trim(), ...span }).then(
      () => {
        setReason('')
        props.changed()
      },
      (error: Error) => setFailure(error.message),
    )
  }
  return (
    <Panel title={t('standing.propose')} class="proposal">
      <p class="quiet">{t('standing.proposeNote')}</p>
      <form onSubmit={submit}>
        <label>
          {t('standing.site')}
          <select name="site" required value={site} onChange={(e) => setSite(e.currentTarget.value)}>
            <option value="" />
            {sites.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        {chosen && <p class="quiet">{classA(chosen).join('、')}</p>}
        <label>
          {t('standing.days')}
          <input
            type="number"
            name="days"
            min={1}
            max={MOST_DAYS}
            required
            value={days}
            onInput={(e) => setDays(Number(e.currentTarget.value))}
          />
        </label>
        <label>
          {t('standing.reason')}
          <textarea
            rows={2}
            maxLength={500}
            required
            value={reason}
            onInput={(e) => setReason(e.currentTarget.value)}
          />
        </label>
        {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
        <div class="dialog-actions">
          <button type="submit" data-action="propose-standing" disabled={!chosen || reason.trim() === ''}>
            {t('standing.propose')}
          </button>
        </div>
      </form>
    </Panel>
  )
}

/** Supply points that may be named at all. */
const classA = ({ supplyPoints }: SiteDocument): string[] =>
  supplyPoints.filter(({ loadClass, surveyedOn }) => loadClass === 'A' && surveyedOn !== null).map(({ id }) => id)
