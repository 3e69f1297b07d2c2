import { legalStatement } from '@minewarden/cloud/core/law/statement.ts'
import { orderDocument } from '@minewarden/cloud/core/orders/signed-document.ts'
import { LegalStatement } from '@minewarden/protocol/legal-statement.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { approvedOrder } from '../../support/cut-off/drafts.ts'
import { makeSite, NOW } from '../../support/cut-off/fixtures.ts'
import { lawfulLegal } from '../../support/cut-off/lawful.ts'

test('the supplier reads basis, numbers, time of the stop, review and emergency in the signed order', async () => {
  const document = orderDocument(await approvedOrder(), NOW, null)
  expect(document).toMatchObject({
    ok: true,
    value: {
      legal: {
        basis: { code: 'work-safety-law-70', zh: '安全生产法（2021）第七十条' },
        rulesVersion: '2026-11',
        operator: '老虎冲铅锌矿有限公司',
        decision: { number: '全应急〔2026〕decision' },
        notice: { number: '全应急〔2026〕notice' },
        review: { government: '全州县government', court: '全州县court' },
        emergency: { number: '全应急紧〔2026〕1号' },
      },
    },
  })
})

test('without an emergency the time of the stop is a day after the notice to the operator', () => {
  const legal = { ...lawfulLegal(makeSite(), NOW), waiver: null }
  const told = legal.steps.find(({ step }) => step === 'operator-notice')?.at ?? NOW
  const statement = legalStatement(legal, NOW)
  expect(LegalStatement.safeParse(statement).success).toBe(true)
  expect(statement).toMatchObject({ stopPowerTime: isoTime(instant(told + 24 * 3_600_000)), emergency: null })
})

test.each(['decision', 'notice', 'rights', 'operator-notice'])('a record without %s states nothing', (code) => {
  const legal = lawfulLegal(makeSite(), NOW)
  const steps = legal.steps.filter(({ step }) => step !== code)
  expect(legalStatement({ ...legal, waiver: null, steps }, NOW)).toBeNull()
})
