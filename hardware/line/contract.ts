import type { Millis } from '@minewarden/protocol/time.ts'

/** What drivers need of a line of bytes to a device, be it a serial port, a TCP connection or a test's pair of streams. */

/** Bytes that arrived together. */
export interface Chunk {
  readonly bytes: Uint8Array
  /** When they were handed over, in monotonic time: transport delay and the system's scheduling are included. */
  readonly at: Millis
  /** The line had rested: the bytes may have waited for long, and `at` does not tell when they came. */
  readonly waited?: boolean
}

/** An open line. It ends once; a new one is opened then. */
export interface ByteLine {
  /** Where it was found, for messages: `/dev/ttyUSB0`, `192.0.2.7:18000`. */
  readonly name: string
  /** Bytes that nobody took in time and that were dropped, oldest first; absent: this line drops nothing. */
  readonly droppedBytes?: number
  /**
   * Chunks until the other side goes away (then it ends) or the line breaks. One reader at a time; who stops reading
   * leaves the rest to the next reader.
   * @throws HardwareError `line-lost`
   */
  read(): AsyncIterable<Chunk>
  /** Resolves when the bytes have left the process. @throws HardwareError `line-lost` */
  write(bytes: Uint8Array): Promise<void>
  /**
   * Hands nothing over for so long; what arrives meanwhile then comes at once and says that it waited. For a reader whose
   * wake-ups cost more than its bytes. The longest rest is what the system keeps of the device's bytes. Absent: this line
   * does not rest.
   */
  rest?(ms: Millis): void
  /** Never throws; also ends `read`. */
  close(): Promise<void>
}

/**
 * Opens a line; each call may find the device under another name. A line that is opened after the signal aborted is
 * closed by the opener.
 * @throws HardwareError `line-absent`, `line-forbidden`, `line-busy`, `line-refused`, `line-unopened`
 */
export type LineOpener = (signal: AbortSignal) => Promise<ByteLine>
