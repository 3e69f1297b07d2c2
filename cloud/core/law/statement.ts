import type { LegalStatement } from '@minewarden/protocol/legal-statement.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import { isUrgent, stopPowerTime } from './problems.ts'
import type { LegalRecord } from './record.ts'
import type { StepCode } from './rules.ts'

/** What the supplier reads of a legal record; `null` while it lacks what a supplier must know. */
export function legalStatement(record: LegalRecord, at: Instant): LegalStatement | null {
  const stepOf = (code: StepCode) => record.steps.findLast(({ step }) => step === code)
  const [decision, notice, rights] = [stepOf('decision'), stepOf('notice'), stepOf('rights')]
  const { government, court } = rights?.details ?? {}
  const from = stopPowerTime(record, at)
  if (!record.basis || !decision?.number || !notice?.number || !government || !court || from === null) return null
  const { code, name } = record.basis
  const emergency = isUrgent(record, at) ? record.waiver : null
  return {
    basis: { code, zh: name.zh, en: name.en },
    rulesVersion: record.rulesVersion,
    operator: record.operator,
    decision: { number: decision.number, at: isoTime(decision.at) },
    notice: { number: notice.number, at: isoTime(notice.at) },
    stopPowerTime: isoTime(from),
    review: { government, court },
    emergency: emergency && {
      ...{ number: emergency.number, danger: emergency.danger, reason: emergency.reason },
      at: isoTime(emergency.at),
    },
  }
}
