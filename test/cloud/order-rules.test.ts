import { parseConfig } from '@minewarden/cloud/config.ts'
import { DEFAULT_RULES } from '@minewarden/cloud/core/orders/order.ts'
import { beginWatch, noteAfterCut, passWatch } from '@minewarden/cloud/core/orders/watch.ts'
import { rulesOf } from '@minewarden/cloud/order-rules.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { NOW } from '../support/cut-off/fixtures.ts'

const configWith = (orders: object) =>
  parseConfig({
    ...{ dataDir: 'data', hostId: 'county', sites: [], gateways: [] },
    orders: { issuer: { id: '450324', name: '某县' }, ...orders },
  })
const rulesWith = (orders: object) => ({ ...DEFAULT_RULES, ...rulesOf(configWith(orders)) })

test('a county that sets no times has those that ship with us', () => {
  expect(rulesWith({})).toEqual(DEFAULT_RULES)
})

test('each time that is set is the one that counts, and changes no other', () => {
  expect(rulesWith({ selectTimeoutSeconds: 20 })).toEqual({ ...DEFAULT_RULES, selectTimeoutMs: 20_000 })
  expect(rulesWith({ watchHours: 100 })).toEqual({ ...DEFAULT_RULES, watchMs: 360_000_000 })
  expect(rulesWith({ watchHours: 'permanent' })).toEqual({ ...DEFAULT_RULES, watchMs: null })
  const minutes = { validityMinutes: 90, evidenceMaxAgeMinutes: 5, coolDownMinutes: 0 }
  const times = { validityMs: 5_400_000, evidenceMaxAgeMs: 300_000, coolDownMs: 0 }
  expect(rulesWith(minutes)).toEqual({ ...DEFAULT_RULES, ...times })
})

test.each([
  ['selectTimeoutSeconds', 4],
  ['selectTimeoutSeconds', 601],
  ['selectTimeoutSeconds', '60'],
  ['watchHours', 71],
  ['watchHours', 8761],
  ['watchHours', 'forever'],
  ['watchHours', null],
])('orders.%s of %j is refused, and named', (key, value) => {
  expect(() => configWith({ [key]: value })).toThrow(`orders.${key}`)
})

test('a permanent watch never ends by time, whatever is seen meanwhile', () => {
  const cut = { state: 'executed', version: 1, points: [{ id: 'sp-1', result: { kind: 'zero' } }] }
  const rules = rulesWith({ watchHours: 'permanent' })
  const begun = beginWatch(cut as never, NOW, rules)
  if (begun.kind !== 'stepped') throw new Error(begun.kind)
  expect(begun.order.watch).toMatchObject({ from: NOW, until: null })
  const years = instant(NOW + 10 * 365 * 86_400_000)
  const seen = noteAfterCut(begun.order, { fact: 'bypass', since: years, at: years, notes: [], rules })
  if (seen.kind !== 'stepped') throw new Error(seen.kind)
  expect(seen.order.watch?.until).toBeNull()
  expect(passWatch(seen.order, years).kind).toBe('unchanged')
})
