import { z } from 'zod'

/**
 * A still picture of a camera probe on request. It shows people: a gateway gives none but to a request, which the fleet
 * manager only makes for a signed-in person who gave a reason, and keeps none.
 */

/** Writable metric of a camera probe that gives pictures: a DCMD sets it to a {@link PictureRequest} as JSON text. */
export const PICTURE_REQUEST_METRIC = 'Picture/Request'

/** Which request of the fleet manager it is; its reason and its person stay there, in the audit log. */
export const PictureRequest = z.strictObject({ request: z.uuid() })
export type PictureRequest = z.infer<typeof PictureRequest>

/** A part of a picture never carries more bytes than this. */
export const MAX_PICTURE_PART_BYTES = 65_536
/** A larger picture is refused: cameras of 12 megapixels give 3 to 6 MB, those of 4 less than 2. */
export const MAX_PICTURE_BYTES = 8_388_608
/** Of one picture. */
export const MAX_PICTURE_PARTS = MAX_PICTURE_BYTES / MAX_PICTURE_PART_BYTES
