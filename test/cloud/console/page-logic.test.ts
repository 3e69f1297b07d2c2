import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { waitMs } from '../../../cloud/console/back-off.ts'
import { approvalObstacle, orderOfSite, stepReached } from '../../../cloud/console/order-stage.ts'
import { parseRoute, pathOf } from '../../../cloud/console/route.ts'
import { createFormat } from '../../../cloud/console/text/format.ts'
import { reasonSentence } from '../../../cloud/console/text/reason.ts'
import { ORDER_STATES } from '../../../cloud/core/ports.ts'
import { createDocuments, type OrderDocument, type UserDocument } from '../../../cloud/http/documents.ts'
import { memoryReasonText } from '../../support/memory/cloud.ts'
import { sketchOrder } from '../../support/memory/orders.ts'
import { USERS } from '../../support/memory/sessions.ts'
import { sketchSite } from '../../support/memory/sites.ts'

const NOW = instant(Date.parse('2026-05-04T12:00:00Z'))
const documents = createDocuments(memoryReasonText)
const SITE = sketchSite({ id: 'a', name: 'A', latitude: 25, longitude: 111 }, NOW)
const ORDER: OrderDocument = documents.order(sketchOrder('order-1', SITE, NOW))
const approvedBy = (user: UserDocument): OrderDocument => ({
  ...ORDER,
  approvals: [
    {
      user: user.id,
      name: user.name,
      department: user.department,
      role: user.role as 'head',
      at: ORDER.draftedAt,
      proof: 'link',
    },
  ],
})

test('attempts to reconnect slow down to half a minute and are spread', () => {
  expect([1, 2, 3, 6, 60].map((attempt) => waitMs(attempt, 0))).toEqual([750, 1500, 3000, 22_500, 22_500])
  expect(waitMs(60, 0.999)).toBeLessThanOrEqual(30_000)
})

test.each([
  ['/', { kind: 'sites' }],
  ['/sites', { kind: 'sites' }],
  ['/sites/a%20b', { kind: 'site', id: 'a b' }],
  ['/orders', { kind: 'orders' }],
  ['/orders/x', { kind: 'order', id: 'x' }],
  ['/sites/a/b', { kind: 'unknown' }],
  ['/elsewhere', { kind: 'unknown' }],
  ['/sites/%E0%A4%A', { kind: 'site', id: '%E0%A4%A' }],
])('%s is a page', (path, route) => {
  expect(parseRoute(path, '')).toEqual(route)
})

test('the token of a sign-in link is what stands after #', () => {
  expect(parseRoute('/sign-in', '#abc')).toEqual({ kind: 'sign-in', token: 'abc' })
  expect(parseRoute('/sign-in', '')).toEqual({ kind: 'sign-in', token: null })
  expect(pathOf({ kind: 'sign-in', token: 'abc' })).toBe('/sign-in')
})

test('who may approve may, and who may not is told why', () => {
  expect(approvalObstacle(ORDER, USERS.officer, NOW)).toBeNull()
  expect(approvalObstacle(ORDER, null, NOW)).toBe('order.why.signIn')
  expect(approvalObstacle(ORDER, USERS.viewer, NOW)).toBe('order.why.viewer')
  expect(approvalObstacle(ORDER, USERS.head, Date.parse(ORDER.validUntil))).toBe('order.why.expired')
  const red = { ...ORDER, gates: [{ code: 'life-safety', passed: false, detail: '', problems: [] }] }
  expect(approvalObstacle(red, USERS.head, NOW)).toBe('order.why.gates')
  const once = approvedBy(USERS.officer)
  expect(approvalObstacle(once, USERS.officer, NOW)).toBe('order.why.self')
  expect(approvalObstacle(once, USERS.colleague, NOW)).toBe('order.why.department')
  expect(approvalObstacle(once, USERS.head, NOW)).toBeNull()
  const other = { ...USERS.officer, id: 'other', department: '另一部门' }
  expect(approvalObstacle(once, other, NOW)).toBe('order.why.head')
  expect(approvalObstacle(approvedBy(USERS.head), other, NOW)).toBeNull()
})

test('an order that ended early stands at the last step it reached', () => {
  expect(stepReached(ORDER)).toBe(0)
  const refused: OrderDocument = {
    ...ORDER,
    state: 'refused',
    timeline: ['drafted', 'approved-once', 'approved', 'issued', 'received', 'refused'].map((what) => ({
      at: ORDER.draftedAt,
      what,
      detail: '',
      notes: [],
    })),
  }
  expect(stepReached(refused)).toBe(4)
  expect(stepReached({ ...ORDER, state: 'effect-verified' })).toBe(7)
})

test('a site shows its order under way before a newer one that has ended', () => {
  const open = { ...ORDER, id: 'open' }
  const ended = { ...ORDER, id: 'ended', state: 'cancelled' as const, draftedAt: '2026-05-04T13:00:00.000Z' }
  const other = { ...ORDER, id: 'other', site: 'b' }
  const all = new Map([open, ended, other].map((order) => [order.id, order]))
  expect(orderOfSite(all, 'a')?.id).toBe('open')
  expect(orderOfSite(new Map([['ended', ended]]), 'a')?.id).toBe('ended')
  expect(orderOfSite(all, 'c')).toBeUndefined()
})

test('spans and shares read as people say them', () => {
  const zh = createFormat('zh')
  expect([12_000, 90_000, 7_200_000, 260_000_000].map(zh.span)).toEqual(['12 秒', '1 分钟', '2 小时', '3 天'])
  expect(zh.ago('2026-05-04T11:59:00Z', NOW)).toBe('1 分钟前')
  expect(createFormat('en').ago('2026-05-04T11:59:59Z', NOW)).toBe('just now')
  expect([0.999, 1, 0.004].map(zh.percent)).toEqual(['99%', '100%', '0%'])
  expect([0.000123, 41.234, 1234].map(zh.number)).toEqual(['0.000123', '41.2', '1230'])
})

test("reasons are told in local time, and a reason of a newer server in the server's words", () => {
  const at = '2026-05-04T12:34:56.000Z'
  const local = createFormat('zh').clock(at)
  const known = { code: 'blast', values: { at, probability: 0.9, snrDb: 20 }, zh: 'UTC', en: 'UTC' }
  expect(reasonSentence(known, 'zh')).toContain(local)
  expect(reasonSentence(known, 'en')).toContain(local)
  expect(reasonSentence(known, 'en')).not.toContain('UTC')
  expect(reasonSentence({ ...known, code: 'of-tomorrow', en: 'said so' }, 'en')).toBe('said so')
  const found = { code: 'past-validity', values: { at }, zh: 'UTC', en: 'UTC' }
  expect(reasonSentence(found, 'zh')).toBe(`已过有效期：${local}`)
  expect(reasonSentence(found, 'en')).toBe(`past its time: ${local}`)
})

test('every state of an order has somewhere to go on the page', () => {
  for (const state of ORDER_STATES) expect(stepReached({ ...ORDER, state })).toBeGreaterThanOrEqual(0)
})
