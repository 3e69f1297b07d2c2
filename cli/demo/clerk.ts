import { setTimeout as sleep } from 'node:timers/promises'
import type { OrderDocument } from '@minewarden/cloud/http/documents.ts'

/**
 * Does in the demo what the legal office and the head of the department do in a county before anybody may approve: records
 * each step that the law asks of an order, and declares the emergency. Over the same addresses as the page.
 */
export interface ClerkTokens {
  readonly officer: string
  readonly head: string
}

const EVERY_MS = 500
const MINUTE_MS = 60_000
/** The first step is dated so long before the draft. */
const BEFORE_MS = 3 * 3_600_000

/** Follows the orders of the page's own API until the signal; a step that is refused is tried again with the next look. */
export async function keepLegalRecords(base: string, tokens: ClerkTokens, signal: AbortSignal): Promise<void> {
  const sessions = new Map<string, string>()
  const post = async (path: string, token: string, body: object): Promise<Response> => {
    const cookie = sessions.get(token) ?? (await signIn(base, token, signal))
    sessions.set(token, cookie)
    const headers = { 'content-type': 'application/json', origin: base, cookie }
    return await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal })
  }
  while (!signal.aborted) {
    for (const order of await drafts(base, signal)) {
      const path = `/api/v1/orders/${order.id}`
      for (const body of openSteps(order)) await post(`${path}/legal-steps`, tokens.officer, body).catch(() => {})
      if (isUnconfirmed(order)) await post(`${path}/sighting`, tokens.officer, sighting(order)).catch(() => {})
      if (order.legal.waiver === null) await post(`${path}/waiver`, tokens.head, emergency(order)).catch(() => {})
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

async function signIn(base: string, token: string, signal: AbortSignal): Promise<string> {
  const headers = { 'content-type': 'application/json', origin: base }
  const body = JSON.stringify({ token })
  const answer = await fetch(`${base}/api/v1/sign-in`, { method: 'POST', headers, body, signal })
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}

async function drafts(base: string, signal: AbortSignal): Promise<OrderDocument[]> {
  try {
    const answer = await fetch(`${base}/api/v1/orders`, { signal })
    const orders = answer.ok ? ((await answer.json()) as OrderDocument[]) : []
    return orders.filter(({ state }) => state === 'drafted')
  } catch {
    return []
  }
}

/** Each step that is not recorded, in the order of the law, with what the law asks of it. */
function openSteps({ legal, draftedAt, sequence }: OrderDocument): object[] {
  const first = Date.parse(draftedAt) - BEFORE_MS
  return inLawfulOrder(legal.steps).flatMap(({ step, needs, done }, i) =>
    done !== null
      ? []
      : [
          {
            step,
            at: new Date(first + i * MINUTE_MS).toISOString(),
            number: needs.number ? `演示〔${sequence}〕${step}` : null,
            people: Array.from({ length: needs.people }, (_, n) => ({
              name: `${step} ${n + 1}`,
              certificate: needs.certificates ? `DEMO-${step}-${n + 1}` : null,
            })),
            details: Object.fromEntries(needs.details.map((detail) => [detail, `演示 ${detail}`])),
            note: '演示数据',
          },
        ],
  )
}

type LegalStep = OrderDocument['legal']['steps'][number]

/** What stands before the decision was done before it. */
function inLawfulOrder(steps: readonly LegalStep[]): LegalStep[] {
  const after = (step: LegalStep) => ['decision', 'rights', 'notice', 'service', 'operator-notice'].indexOf(step.step)
  return [...steps].sort((a, b) => after(a) - after(b))
}

const isUnconfirmed = ({ gates, legal }: OrderDocument): boolean =>
  legal.sighting === null && gates.some(({ code, passed }) => code === 'evidence-grade' && !passed)

/** Where the sensors alone do not suffice, somebody goes and looks. */
const sighting = ({ draftedAt }: OrderDocument) => ({
  at: draftedAt,
  person: '演示巡查员',
  unit: '演示乡镇安监站',
  saw: '演示：硐口封堵被拆，有人作业',
})

const emergency = ({ draftedAt, sequence }: OrderDocument) => ({
  number: `演示紧〔${sequence}〕1号`,
  at: draftedAt,
  danger: '演示：井下疑有人作业，无通风',
  reason: '演示：危及生产安全，不能等待二十四小时',
})
