import { isApprover } from '../../core/ports.ts'
import type { OrderDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { approvalObstacle, isWaiting } from '../order-stage.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { ApproveDialog, CancelDialog } from './approve-dialog.tsx'
import { Moment } from './moment.tsx'
import { OrderAuthority } from './order-veto.tsx'
import { Panel } from './panel.tsx'

const SLOTS = ['order.approval.first', 'order.approval.second'] as const

/** Who has approved, and the buttons for who may. */
export function OrderApprovals(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { order } = props
  return (
    <Panel title={t('order.approvals')} class="approvals">
      <ol>
        {SLOTS.map((slot, index) => {
          const approval = order.approvals[index]
          return (
            <li key={slot} class={approval ? 'approved' : 'open'}>
              <span class="slot">{t(slot)}</span>
              {approval ? (
                <>
                  <b>{approval.name}</b>
                  <span>
                    {approval.department} · {t(`role.${approval.role}`)} · {t(`proof.kind.${approval.proof ?? 'none'}`)}
                  </span>
                  <Moment at={approval.at} nowMs={props.nowMs} seconds />
                </>
              ) : (
                <span class="quiet">{t('order.approval.open')}</span>
              )}
            </li>
          )
        })}
      </ol>
      <OrderAuthority order={order} nowMs={props.nowMs} />
      {order.call?.kind === 'look' && <SeenButton order={order} />}
      {isWaiting(order.state) && <Actions order={order} nowMs={props.nowMs} />}
      <p class="document" title={t('order.documentNote')}>
        {t('order.document')} <code>{order.documentSha256}</code>
      </p>
    </Panel>
  )
}

/** Ends a call to look at what happened. */
function SeenButton(props: { readonly order: OrderDocument }) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  if (user === null || !isApprover(user.role)) return null
  const see = () => api.seen(props.order.id).then(model.takeOrder, () => undefined)
  return (
    <button type="button" data-action="seen" onClick={see}>
      {t('call.seen')}
    </button>
  )
}

function Actions(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const connection = useStore(model.connection)
  const [asking, setAsking] = useState<'approve' | 'cancel' | null>(null)
  const { order } = props
  const obstacle = connection.kind === 'cut' ? 'order.why.cut' : approvalObstacle(order, user, props.nowMs)
  const close = () => setAsking(null)
  return (
    <>
      <div class="actions">
        <button
          type="button"
          class="danger"
          data-action="approve"
          disabled={obstacle !== null}
          aria-describedby={obstacle ? 'approve-obstacle' : undefined}
          onClick={() => setAsking('approve')}
        >
          {t('order.approve')}
        </button>
        {user !== null && isApprover(user.role) && (
          <button type="button" data-action="cancel" onClick={() => setAsking('cancel')}>
            {t('order.cancel')}
          </button>
        )}
      </div>
      {obstacle && (
        <p id="approve-obstacle" class="quiet">
          {t(obstacle)}
        </p>
      )}
      {asking === 'approve' && user && <ApproveDialog order={order} user={user} onClose={close} />}
      {asking === 'cancel' && <CancelDialog order={order} onClose={close} />}
    </>
  )
}
