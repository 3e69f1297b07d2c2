import { z } from 'zod'

/**
 * A camera that was turned on purpose: its gateway is told to learn anew what it sees. Who may say so can also hide that a
 * camera was turned away: the fleet manager keeps who asked and why, and the gateway tells by a `device` reading that it did.
 */

/** Writable metric of a camera probe that gives pictures: a DCMD sets it to a {@link RelearnRequest} as JSON text. */
export const RELEARN_METRIC = 'Scene/Relearn'

/** Which request of the fleet manager it is; its reason and its person stay there, in the audit log. */
export const RelearnRequest = z.strictObject({ request: z.uuid() })
export type RelearnRequest = z.infer<typeof RelearnRequest>
