/**
 * What follows for a probe from all that is known of it. The order of precedence:
 *
 * 1. What its driver calls offline is offline; no picture says otherwise.
 * 2. What the camera itself calls tampered is tampered. A picture in which something is wrong makes it surer, a good
 *    picture makes it less sure.
 * 3. The camera's word and the picture agree on what is wrong: surer than either.
 * 4. They differ: the surer one is told; of equals frozen before occluded before moved before dark, for a picture that
 *    stands still says nothing else.
 * 5. One of them alone: that one, if a picture is sure enough to be believed alone.
 * 6. Neither: online, with what is wrong although it is.
 *
 * What it cannot see: whether camera and picture err for the same reason; they are taken for independent.
 */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'

/** What is held of a probe. */
export interface ProbeVerdict {
  readonly status: ProbeStatus
  /** By what it is known; `null` beside a probe with which nothing is wrong. */
  readonly cause: string | null
  /** 0 to 1; `null`: not known. */
  readonly confidence: number | null
  /** Since when; the last sign of life of one that is offline; `null`: not known. */
  readonly since: Instant | null
}

/** A picture alone is believed from here on; below, it only makes a camera's own word surer. */
export const LEAST_PICTURE_CONFIDENCE = 0.5
/** How much of its confidence a camera's tamper signal loses beside a picture in which surely nothing is wrong. */
const GOOD_PICTURE_COSTS = 0.5
/** Of a word whose confidence is not known. */
const USUAL_CONFIDENCE = 0.7

const RANKS: { readonly [S in ProbeStatus]: number } = {
  offline: 6,
  tampered: 5,
  frozen: 4,
  occluded: 3,
  moved: 2,
  dark: 1,
  online: 0,
}

/**
 * @param word the driver's; `null`: it has said nothing yet
 * @param picture what the pictures say, if they are not stale; `null`: nothing
 * @returns `null` while nothing is known
 */
export function mergeVerdicts(word: ProbeVerdict | null, picture: ProbeVerdict | null): ProbeVerdict | null {
  if (word === null || picture === null) return word ?? (picture && alone(picture))
  if (word.status === 'offline') return word
  if (word.status === 'tampered') return { ...word, confidence: tamperConfidence(word, picture) }
  if (picture.status === 'online') return word.status === 'online' ? surer(word, picture) : word
  if (word.status === picture.status) return surer(earliest(word, picture), picture)
  if (word.status === 'online') return isBelieved(picture) ? picture : word
  const difference = sureness(picture) - sureness(word) || RANKS[picture.status] - RANKS[word.status]
  return difference > 0 ? picture : word
}

const sureness = ({ confidence }: ProbeVerdict): number => confidence ?? USUAL_CONFIDENCE
const isBelieved = (picture: ProbeVerdict): boolean => sureness(picture) >= LEAST_PICTURE_CONFIDENCE

/** A picture that is not sure of what is wrong still shows that the camera lives. */
const alone = (picture: ProbeVerdict): ProbeVerdict =>
  picture.status === 'online' || isBelieved(picture)
    ? picture
    : { status: 'online', cause: null, confidence: 1 - sureness(picture), since: picture.since }

function tamperConfidence(word: ProbeVerdict, picture: ProbeVerdict): number {
  if (picture.status === 'online') return sureness(word) * (1 - GOOD_PICTURE_COSTS * sureness(picture))
  return together(word, picture)
}

/** That two independent witnesses are both wrong. */
const together = (one: ProbeVerdict, other: ProbeVerdict): number => 1 - (1 - sureness(one)) * (1 - sureness(other))

const surer = (word: ProbeVerdict, picture: ProbeVerdict): ProbeVerdict => ({
  ...word,
  confidence: together(word, picture),
})

const earliest = (word: ProbeVerdict, { since }: ProbeVerdict): ProbeVerdict =>
  since !== null && (word.since === null || since < word.since) ? { ...word, since } : word
