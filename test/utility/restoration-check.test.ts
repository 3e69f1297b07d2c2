import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { type RestorationContent, RestorationOrder } from '@minewarden/protocol/restoration.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { findRestorationProblem } from '@minewarden/utility/core/restoration-check.ts'
import { expect, test } from 'vitest'
import { ISSUER, makeSite, NOW, POINT, pointInput, SUPPLIER } from '../support/cut-off/fixtures.ts'
import { makeContent, makeOrder } from '../support/cut-off/signed.ts'

const HOUR = 3_600_000
const at = (ms: number) => isoTime(instant(NOW + ms))
const cut = makeContent(
  NOW,
  {},
  makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-fan', loadClass: 'C' })] }),
)
const [surface, fan] = cut.supplyPoints
const CUT_SHA = 'c'.repeat(64)
const cutOff = {
  orderSha256: CUT_SHA,
  job: { points: [POINT, 'sp-fan'].map((id) => ({ id, state: 'executed' })) },
} as never

async function restoration(content: object = {}, change: object = {}): Promise<RestorationOrder> {
  const { issuer, site, supplier } = cut
  const order = {
    ...{ id: `${cut.id}.R1`, issuer, site, supplier, action: 'restore', drill: false },
    cutOff: { order: cut.id, orderSha256: CUT_SHA },
    ...{ mine: 'non-coal', subject: 'x', stopPowerTime: at(0), measures: 'x', measuresMetAt: at(0) },
    ...{
      restoreTime: at(HOUR),
      restoreContent: 'x',
      method: 'close-permitted',
      draftedAt: at(0),
      validUntil: at(HOUR),
    },
    stages: [
      { stage: 1, kind: 'ventilation', supplyPoints: [fan] },
      { stage: 2, kind: 'surface', supplyPoints: [surface] },
    ],
    ...content,
  } as RestorationContent
  const { approvals } = await makeOrder(cut, NOW)
  const orderSha256 = await documentSha256(order)
  const signed = { type: 'restoration-order', version: 1, order, orderSha256, issuedAt: at(0) } as const
  return { ...signed, approvals: approvals.map((one) => ({ ...one, orderSha256 })), ...change } as RestorationOrder
}
const problemOf = async (document: RestorationOrder, now = 0, known = cutOff) =>
  findRestorationProblem(
    document,
    {
      ...{ now: instant(NOW + now), supplier: SUPPLIER, issuer: ISSUER.id, standingSha256: null },
      ...{ contentSha256: await documentSha256(document.order), isOurs: () => true, clockSkewMs: 1000 },
    },
    known,
  )

test('what was cut here comes back, ventilation first, until its time is over', async () => {
  const lawful = await restoration()
  expect(RestorationOrder.safeParse(lawful).error).toBeUndefined()
  expect(await problemOf(lawful, HOUR - 1)).toBeNull()
  expect(await problemOf(lawful, HOUR)).toMatchObject({ code: 'order-expired', final: true })
})

test.each<[string, object, object, string]>([
  ['for another supplier', { supplier: 'other' }, {}, 'order-not-mine'],
  ['of another county', { issuer: { ...cut.issuer, id: 'other' } }, {}, 'order-signature'],
  ['whose hash is of another', {}, { orderSha256: 'f'.repeat(64) }, 'order-malformed'],
  ['from the future', {}, { issuedAt: at(2000) }, 'order-expired'],
  ['valid for more than a day', { validUntil: at(24 * HOUR + 1) }, {}, 'order-expired'],
  ['of another cut', { cutOff: { order: cut.id, orderSha256: 'e'.repeat(64) } }, {}, 'order-not-mine'],
  ['without approvals', {}, { approvals: [] }, 'order-unapproved'],
  [
    'of a point twice',
    { stages: [{ stage: 1, kind: 'surface', supplyPoints: [surface, surface] }] },
    {},
    'order-not-mine',
  ],
  ['with a stage missing', { stages: [{ stage: 2, kind: 'surface', supplyPoints: [surface] }] }, {}, 'order-unsafe'],
  [
    'with the surface before the ventilation',
    {
      stages: [
        { stage: 1, kind: 'surface', supplyPoints: [surface] },
        { stage: 2, kind: 'ventilation', supplyPoints: [fan] },
      ],
    },
    {},
    'order-unsafe',
  ],
])('a restoration %s is refused', async (_name, content, change, code) => {
  expect(await problemOf(await restoration(content, change))).toMatchObject({ code })
})

test('nothing comes back that was not cut here', async () => {
  expect(await problemOf(await restoration(), 0, null as never)).toMatchObject({ code: 'order-not-mine' })
  const failed = { orderSha256: CUT_SHA, job: { points: [{ id: 'sp-fan', state: 'failed' }] } } as never
  expect(await problemOf(await restoration(), 0, failed)).toMatchObject({ code: 'order-not-mine' })
})

test('a direct close from afar is no restoration', async () => {
  for (const method of ['close', 'direct-close', 'feeder-breaker'])
    expect(RestorationOrder.safeParse(await restoration({ method })).success).toBe(false)
})
