import { classOf } from '@minewarden/protocol/load-class.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { isUrgent, stopPowerTime } from '../law/problems.ts'
import type { LegalRecord } from '../law/record.ts'
import type { GateFacts } from './gates/gate.ts'
import { askGates } from './gates.ts'
import type { Order } from './order.ts'
import type { LegalView, PeopleView } from './site-record.ts'

/** The sides of the law and of people, for pages. */
export const viewLegal = ({ legal }: Order, now: Instant): LegalView => viewRecord(legal, now)

export function viewRecord(legal: LegalRecord, now: Instant): LegalView {
  const { basis } = legal
  return {
    rulesVersion: legal.rulesVersion,
    basis: basis && {
      code: basis.code,
      name: basis.name,
      lawyer: basis.lawyer,
      noticeHours: basis.noticeHours,
      noticeWaivable: basis.noticeWaivable,
    },
    department: legal.department,
    operator: legal.operator,
    steps: (basis?.demands ?? []).map((demand) => ({
      demand,
      done: legal.steps.findLast(({ step }) => step === demand.step) ?? null,
    })),
    waiver: legal.waiver,
    sighting: legal.sighting,
    urgent: isUrgent(legal, now),
    stopPowerTime: stopPowerTime(legal, now),
  }
}

export const viewPeople = (order: Order, facts: GateFacts): PeopleView => ({
  ...order.people,
  points: order.content.supplyPoints.map((point) => ({
    id: point.id,
    class: classOf(point, facts.now),
    held: askGates(order, facts, 'select', point.id)
      .filter(({ passed }) => !passed)
      .map(({ code, problems }) => ({ code, problems })),
  })),
})
