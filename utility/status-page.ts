import { isoTime } from '@minewarden/protocol/time.ts'
import type { Job } from './core/job.ts'

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

/** A plain page: every order with its state and its supply points. Reloads by itself. */
export function statusPage(name: string, orders: readonly ShownOrder[]): string {
  const rows = orders.map(({ id, receivedAt, validUntil, state, points, error }) => {
    const cut = points.map((point) => `${point.id} (${point.feeder}): ${point.state}`).join(', ')
    const what = error ? `${error.code}: ${error.message}` : cut
    const cells = [id, isoTime(receivedAt), isoTime(validUntil), state, what]
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`
  })
  const heads = ['停电指令 Order', '收到 Received', '有效至 Valid until', '状态 State', '供电点 Supply points']
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>${escapeHtml(name)}</title>
<style>body{font:16px system-ui;margin:2rem}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.4rem .6rem;text-align:left}</style>
<h1>${escapeHtml(name)}</h1>
<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.join('')}</table></html>`
}
