import { APPROVER_ROLES } from '@minewarden/protocol/approval.ts'
import { PROOF_KINDS } from '@minewarden/protocol/approval-proof.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { OrderContent, Sha256 } from '@minewarden/protocol/order.ts'
import { GasCheck, RestorationContent } from '@minewarden/protocol/restoration.ts'
import { z } from 'zod'
import { StepCode } from '../../../core/law/rules.ts'
import { CALLED } from '../../../core/orders/authority-state.ts'
import { WATCH_FACTS } from '../../../core/orders/progress.ts'
import { RESTORATION_STATES } from '../../../core/orders/restoration-record.ts'
import { ORDER_STATES } from '../../../core/ports.ts'
import type { OrderDocument } from '../../documents.ts'
import type { LegalDocument, PeopleDocument } from '../../order-record-documents.ts'
import { Count, Iso, IsoOrNull, Reasons, Words } from './fields.ts'

/** The steps of the law, of an order or of a site. */
export const LegalAnswer: z.ZodType<LegalDocument> = z
  .strictObject({
    rulesVersion: z.string(),
    basis: z
      .strictObject({
        code: z.string(),
        name: z.strictObject(Words),
        lawyer: z.array(z.string()),
        noticeHours: z.number(),
        noticeWaivable: z.boolean(),
      })
      .nullable(),
    department: z.string(),
    operator: z.string().nullable(),
    steps: z.array(
      z.strictObject({
        step: StepCode,
        source: z.string(),
        lawyer: z.boolean(),
        needs: z.strictObject({
          number: z.boolean(),
          people: Count,
          certificates: z.boolean(),
          details: z.array(z.string()),
          waivable: z.boolean(),
        }),
        done: z
          .strictObject({
            number: z.string().nullable(),
            at: Iso,
            people: z.array(z.strictObject({ name: z.string(), certificate: z.string().nullable() })),
            note: z.string(),
            by: z.string(),
            from: z.string().nullable(),
          })
          .nullable(),
      }),
    ),
    waiver: z
      .strictObject({ number: z.string(), at: Iso, danger: z.string(), reason: z.string(), by: z.string() })
      .nullable(),
    sighting: z
      .strictObject({ at: Iso, person: z.string(), unit: z.string(), saw: z.string(), by: z.string() })
      .nullable(),
    urgent: z.boolean(),
    stopPowerTime: IsoOrNull,
  })
  .meta({ id: 'Legal' })

const OnSite = z.strictObject({ name: z.string(), unit: z.string() })
const PeopleAnswer: z.ZodType<PeopleDocument> = z
  .strictObject({
    statement: z
      .strictObject({
        kind: z.enum(['none-confirmed', 'unknown', 'present']),
        at: Iso,
        people: z.array(OnSite),
        by: z.string(),
      })
      .nullable(),
    disturbed: z.strictObject({ cause: z.string(), sensor: z.string(), at: Iso }).nullable(),
    evacuation: z.strictObject({ begunAt: Iso, delayMinutes: z.number(), messages: z.string() }).nullable(),
    allOut: z.strictObject({ at: Iso, people: z.array(OnSite), rescue: OnSite }).nullable(),
    fumes: z.strictObject({ at: Iso, coPpm: z.number(), no2Ppm: z.number() }).nullable(),
    blastAt: IsoOrNull,
    points: z.array(
      z.strictObject({
        id: z.string(),
        class: z.enum(['A', 'B', 'C']),
        held: z.array(z.strictObject({ code: z.string(), problems: Reasons })),
      }),
    ),
  })
  .meta({ id: 'PeopleUnderground' })

const PointAnswer = z.strictObject({
  id: z.string(),
  supplier: z.string(),
  location: z.string(),
  loadClass: z.string(),
  metered: z.boolean(),
  result: z.string().nullable(),
  executedAt: IsoOrNull,
  selected: z
    .strictObject({
      at: Iso,
      granted: z.boolean(),
      validUntil: IsoOrNull,
      because: Reasons,
      ticket: z.string(),
      operator: z.string(),
      supervisor: z.string(),
    })
    .nullable(),
})

const RestorationAnswer = z
  .strictObject({
    id: z.string(),
    state: z.enum(RESTORATION_STATES),
    document: RestorationContent,
    documentSha256: z.string(),
    approvals: z.array(
      z.strictObject({ user: z.string(), name: z.string(), department: z.string(), role: z.string(), at: Iso }),
    ),
    gasChecks: z.array(GasCheck),
    supplyPoints: z.array(z.strictObject({ id: z.string(), stage: z.number(), result: z.string().nullable() })),
    validUntil: Iso,
  })
  .meta({ id: 'Restoration' })

/** A cut-off order. */
export const OrderAnswer: z.ZodType<OrderDocument> = z
  .strictObject({
    id: z.string(),
    sequence: Count,
    site: z.string(),
    supplier: z.string(),
    state: z.enum(ORDER_STATES),
    draftedAt: Iso,
    validUntil: Iso,
    because: Reasons,
    supplyPoints: z.array(PointAnswer),
    gates: z.array(z.strictObject({ code: z.string(), passed: z.boolean(), detail: z.string(), problems: Reasons })),
    approvals: z.array(
      z.strictObject({
        user: UserId,
        name: z.string(),
        department: z.string(),
        role: z.enum(APPROVER_ROLES),
        at: Iso,
        proof: z.enum(PROOF_KINDS).nullable(),
      }),
    ),
    timeline: z.array(z.strictObject({ at: Iso, what: z.string(), detail: z.string(), notes: Reasons })),
    legal: LegalAnswer,
    people: PeopleAnswer,
    document: OrderContent,
    documentSha256: Sha256,
    standing: z.strictObject({ id: z.string(), detail: z.string(), problems: Reasons }).nullable(),
    veto: z
      .strictObject({
        until: Iso,
        passedAt: IsoOrNull,
        over: z.strictObject({ at: Iso, by: z.string(), reason: z.string() }).nullable(),
      })
      .nullable(),
    call: z
      .strictObject({
        kind: z.enum(['approve', 'approve-second', 'confirm', 'veto', 'look']),
        who: z.enum([...CALLED, 'duty-officer']),
        level: Count,
        since: Iso,
        nextAt: IsoOrNull,
        event: Count.nullable(),
      })
      .nullable(),
    stopped: z.strictObject({ name: z.string(), at: Iso, reason: z.string(), confirmedAt: IsoOrNull }).nullable(),
    effect: z.strictObject({ verdict: z.enum(['verified', 'partial', 'ineffective']), at: Iso }).nullable(),
    restoration: RestorationAnswer.nullable(),
    watch: z
      .strictObject({
        from: Iso,
        until: IsoOrNull,
        seen: z.array(z.strictObject({ fact: z.enum(WATCH_FACTS), at: Iso, since: Iso })),
      })
      .nullable(),
    issuedAt: IsoOrNull,
    endedAt: IsoOrNull,
  })
  .meta({ id: 'Order' })
