import { isApprover } from '../../core/ports.ts'
import type { GivenProof } from '../../core/proof-question.ts'
import type { OrderDocument, RestorationDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Panel } from './panel.tsx'
import { ProofForm } from './proof-form.tsx'
import { ReasonDialog } from './reason-dialog.tsx'

const LIVE: ReadonlySet<string> = new Set(['drafted', 'approved-once', 'approved', 'issued', 'received', 'accepted'])

/** How the power comes back: its document, its approvals, the gas checks, and each point. */
export function OrderRestoration(props: { readonly order: OrderDocument }) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [cancelling, setCancelling] = useState(false)
  const { order } = props
  const { restoration } = order
  if (order.state !== 'watched' && restoration === null) return null
  const may = user !== null && isApprover(user.role) && order.state === 'watched'
  const live = restoration !== null && LIVE.has(restoration.state)
  return (
    <Panel
      title={t('restoration.title')}
      class="restoration"
      aside={
        restoration && <span data-restoration={restoration.state}>{t(`restoration.state.${restoration.state}`)}</span>
      }
    >
      {restoration && <Stages restoration={restoration} />}
      {may && !live && <DraftForm order={order} />}
      {may && restoration && live && <Approvals order={order} restoration={restoration} />}
      {may && restoration && live && restoration.state !== 'drafted' && restoration.state !== 'approved-once' && (
        <GasForm order={order} restoration={restoration} />
      )}
      {may && live && (
        <div class="actions">
          <button type="button" data-action="restoration-cancel" onClick={() => setCancelling(true)}>
            {t('restoration.cancel')}
          </button>
        </div>
      )}
      {cancelling && (
        <ReasonDialog
          order={order}
          title={t('restoration.cancel')}
          yes={t('restoration.cancel')}
          action="confirm-restoration-cancel"
          send={(reason) => api.restorationCancel(order.id, reason)}
          onClose={() => setCancelling(false)}
        />
      )}
    </Panel>
  )
}

function Stages(props: { readonly restoration: RestorationDocument }) {
  const { t } = useSpeech()
  const { document, supplyPoints, gasChecks } = props.restoration
  const resultOf = (id: string) => supplyPoints.find((point) => point.id === id)?.result ?? 'waiting'
  return (
    <ol class="restoration-stages">
      {document.stages.map(({ stage, kind, supplyPoints: points }) => (
        <li key={stage} data-stage={stage}>
          <b>{t(`restoration.kind.${kind}`)}</b>{' '}
          {points.map(({ id }) => (
            <span key={id} data-restored={resultOf(id)}>
              {id}: {t(`restoration.point.${resultOf(id) as 'waiting'}`)}{' '}
            </span>
          ))}
          <span class="quiet">
            {t('restoration.gasChecks', { count: gasChecks.filter((check) => check.stage === stage).length })}
          </span>
        </li>
      ))}
    </ol>
  )
}

/** Fields of the notice (恢复供电通知书) that the order does not tell by itself. */
function DraftForm(props: { readonly order: OrderDocument }) {
  const { t } = useSpeech()
  const [failure, setFailure] = useState<string | null>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string) => String(fields.get(name) ?? '')
    const time = (name: string) => new Date(text(name)).toISOString()
    const body = {
      ...{ mine: text('mine') as 'coal', subject: text('subject'), measures: text('measures') },
      ...{ measuresMetAt: time('measuresMetAt'), restoreTime: time('restoreTime') },
      restoreContent: text('restoreContent'),
    }
    api.restorationDraft(props.order.id, body).then(model.takeOrder, (error: Error) => setFailure(error.message))
  }
  return (
    <form class="record-form" onSubmit={submit} data-form="restoration">
      <label>
        {t('restoration.mine')}
        <select name="mine">
          <option value="non-coal">{t('restoration.mine.non-coal')}</option>
          <option value="coal">{t('restoration.mine.coal')}</option>
        </select>
      </label>
      <label>
        {t('restoration.subject')} <input name="subject" required maxLength={500} />
      </label>
      <label>
        {t('restoration.measures')} <input name="measures" required maxLength={500} />
      </label>
      <label>
        {t('restoration.measuresMetAt')} <input name="measuresMetAt" type="datetime-local" required />
      </label>
      <label>
        {t('restoration.restoreTime')} <input name="restoreTime" type="datetime-local" required />
      </label>
      <label>
        {t('restoration.restoreContent')} <input name="restoreContent" required maxLength={500} />
      </label>
      {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
      <button type="submit" data-action="restoration-draft">
        {t('restoration.draft')}
      </button>
    </form>
  )
}

function Approvals(props: { readonly order: OrderDocument; readonly restoration: RestorationDocument }) {
  const { t } = useSpeech()
  const { order, restoration } = props
  const waits = restoration.state === 'drafted' || restoration.state === 'approved-once'
  const give = async (proof: GivenProof) => {
    model.takeOrder(await api.restorationApprove(order.id, restoration.documentSha256, proof))
  }
  return (
    <>
      {restoration.approvals.map(({ user, name, department }) => (
        <p key={user}>
          <b>{name}</b> {department}
        </p>
      ))}
      {waits && (
        <ProofForm
          key={restoration.state}
          ask={() => api.question(order.id)}
          give={give}
          words={{
            passkey: t('order.confirm.passkey'),
            totp: t('restoration.approve'),
            link: t('restoration.approve'),
          }}
          action="restoration-approve"
          back={null}
        />
      )}
    </>
  )
}

const PLACES = {
  ventilation: ['switch', 'local-fan'],
  underground: ['switch', 'stopped-zone'],
  surface: [],
} as const
const GASES = [
  'methanePercent',
  'carbonDioxidePercent',
  'oxygenPercent',
  'carbonMonoxidePpm',
  'nitrogenDioxidePpm',
] as const

/** What two people measured before the next stage that asks for it. */
function GasForm(props: { readonly order: OrderDocument; readonly restoration: RestorationDocument }) {
  const { t } = useSpeech()
  const [failure, setFailure] = useState<string | null>(null)
  const { document, supplyPoints } = props.restoration
  const next = document.stages.find(
    ({ kind, stage }) =>
      PLACES[kind].length > 0 && supplyPoints.some((one) => one.stage === stage && one.result === null),
  )
  if (!next) return null
  const submit = (event: Event) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const number = (name: string) => {
      const text = String(fields.get(name) ?? '')
      return text === '' ? null : Number(text)
    }
    const readings = PLACES[next.kind].map((place) => ({
      place,
      where: String(fields.get(`${place} where`) ?? ''),
      methanePercent: number(`${place} methanePercent`) ?? Number.NaN,
      carbonDioxidePercent: number(`${place} carbonDioxidePercent`),
      oxygenPercent: number(`${place} oxygenPercent`),
      carbonMonoxidePpm: number(`${place} carbonMonoxidePpm`),
      nitrogenDioxidePpm: number(`${place} nitrogenDioxidePpm`),
    }))
    const body = {
      ...{ stage: next.stage, measuredAt: new Date().toISOString(), readings },
      ...{ measuredBy: String(fields.get('measuredBy')), witness: String(fields.get('witness')) },
    }
    api.gasCheck(props.order.id, body).then(
      (order) => {
        model.takeOrder(order)
        setFailure(null)
      },
      (error: Error) => setFailure(error.message),
    )
  }
  return (
    <form class="record-form" onSubmit={submit} data-form="gas">
      <b>{t('restoration.gas', { stage: t(`restoration.kind.${next.kind}`) })}</b>
      <label>
        {t('restoration.measuredBy')} <input name="measuredBy" required maxLength={500} />
      </label>
      <label>
        {t('restoration.witness')} <input name="witness" required maxLength={500} />
      </label>
      {PLACES[next.kind].map((place) => (
        <fieldset key={place}>
          <legend>{t(`restoration.place.${place}`)}</legend>
          <label>
            {t('restoration.where')} <input name={`${place} where`} required maxLength={500} />
          </label>
          {GASES.map((gas) => (
            <label key={gas}>
              {t(`restoration.${gas}`)}{' '}
              <input name={`${place} ${gas}`} type="number" min="0" step="any" required={gas === 'methanePercent'} />
            </label>
          ))}
        </fieldset>
      ))}
      {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
      <button type="submit" data-action="gas-check">
        {t('restoration.gas.record')}
      </button>
    </form>
  )
}
