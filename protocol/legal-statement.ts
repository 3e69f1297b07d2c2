import { z } from 'zod'
import { DocumentText, DocumentTime } from './document-fields.ts'

/**
 * What a power company reads of the law behind an order, beside the order itself: the basis, the numbers of the decision
 * and of the notice, from when power may be stopped, and where the operator may turn. The fields follow the documents
 * that counties serve on paper (停止供电决定书, 停止供电通知书).
 */
const Numbered = z.strictObject({ number: DocumentText, at: DocumentTime })

export const LegalStatement = z.strictObject({
  basis: z.strictObject({ code: z.string().min(1).max(64), zh: DocumentText, en: DocumentText }),
  /** The version of the law that the order was judged by. */
  rulesVersion: z.string().min(1).max(64),
  /** 当事人; `null`: not known. */
  operator: DocumentText.nullable(),
  /** 停止供电决定书, and 停止供电通知书 to the supplier. */
  decision: Numbered,
  notice: Numbered,
  /** 停止供电时间: nothing is operated before it. */
  stopPowerTime: DocumentTime,
  /** 复议机关 and 法院. */
  review: z.strictObject({ government: DocumentText, court: DocumentText }),
  /** 紧急情形, where one waives the notice, the night or the holiday. */
  emergency: z
    .strictObject({ number: DocumentText, at: DocumentTime, danger: DocumentText, reason: DocumentText })
    .nullable(),
})
export type LegalStatement = z.infer<typeof LegalStatement>
