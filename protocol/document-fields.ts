import { z } from 'zod'

/** Fields that several signed documents have. */

/** ISO 8601 with offset, kept as text: what is hashed and signed must read back as written. */
export const DocumentTime = z.iso.datetime({ offset: true })
/** SHA-256, lower-case hexadecimal. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256: 64 lower-case hexadecimal digits')
/** A line of words; bounded, for it stands in what a verifier must read. */
export const DocumentText = z.string().min(1).max(500)
