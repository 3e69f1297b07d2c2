import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { Job, JobPoint } from './core/job.ts'

/** An order as the company's own operators see it. */
export interface ShownOrder extends Job {
  readonly id: string
  readonly sequence: number
  readonly error: { readonly code: string; readonly message: string } | null
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (mark) => ESCAPES[mark] ?? mark)

const ORDER_STATES: Readonly<Record<Job['state'], string>> = {
  received: '已收到 received',
  accepted: '已受理 accepted',
  done: '已办结 done',
  refused: '已拒绝 refused',
  withdrawn: '已撤回 withdrawn',
}
const POINT_STATES: Readonly<Record<JobPoint['state'], string>> = {
  waiting: '待操作 waiting',
  selected: '已选择，待许可 selected',
  permitted: '已获许可 permitted',
  operating: '操作中 operating',
  executed: '已操作 executed',
  failed: '未能操作 failed',
  withdrawn: '已撤回 withdrawn',
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;color:#16211f;background:#eef0f0;margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.4rem;margin:0}p{color:#4d5b58;margin:.2rem 0 1.2rem}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #d5dbda}
td,th{padding:.6rem .9rem;text-align:left;vertical-align:top;border-bottom:1px solid #e3e8e7}
th{font-size:.85rem;color:#4d5b58;font-weight:600}td{font-variant-numeric:tabular-nums}
td:nth-child(-n+4){white-space:nowrap}
.done,.executed{color:#17634d;font-weight:600}.refused,.failed{color:#ab1e1a;font-weight:600}
.withdrawn{color:#4d5b58;font-weight:600}.received,.accepted,.waiting,.selected,.permitted,.operating{color:#7f5006;font-weight:600}`

const HEADS = ['停电指令 Order', '收到 Received', '有效至 Valid until', '状态 State', '供电点 Supply points']

/** A plain page: every order with its state and its supply points, newest first. Reloads by itself. Times are UTC. */
export function statusPage(name: string, orders: readonly ShownOrder[]): string {
  const title = escapeHtml(name)
  const rows = orders.map(rowOf).join('') || `<tr><td colspan="${HEADS.length}">没有停电指令 No orders</td></tr>`
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style>
<h1>${title}</h1><p>停电指令 Cut-off orders · UTC</p>
<table><tr>${HEADS.map((head) => `<th>${head}</th>`).join('')}</tr>${rows}</table></html>`
}

function rowOf({ id, receivedAt, validUntil, state, points, error }: ShownOrder): string {
  const cells = [escapeHtml(id), moment(receivedAt), moment(validUntil), labelled(state, ORDER_STATES[state])]
  const what = error ? escapeHtml(`${error.code}: ${error.message}`) : points.map(pointText).join('<br>')
  return `<tr>${[...cells, what].map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

const pointText = ({ id, feeder, state }: JobPoint): string =>
  `${escapeHtml(id)} (${escapeHtml(feeder)}): ${labelled(state, POINT_STATES[state])}`

const labelled = (state: string, text: string): string => `<span class="${state}">${text}</span>`

/** `2026-11-22 15:02:08` */
const moment = (at: Instant): string => isoTime(at).slice(0, 19).replace('T', ' ')
