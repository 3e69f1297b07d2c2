/**
 * What a sensor can be told by DCMD: each metric is how long an output of the cabinet is on, in seconds; 0 ends it. A relay is not
 * among them: what it switches is decided at the site.
 */
import { z } from 'zod'

export type CommandedOutput = 'siren' | 'strobe'

/** Metric names of the commands, writable in the birth of a sensor that has the output. */
export const OUTPUT_COMMANDS: { readonly [O in CommandedOutput]: string } = {
  siren: 'Enclosure/Command/SirenForS',
  strobe: 'Enclosure/Command/StrobeForS',
}

/** No warning is ordered for longer; the gateway's own ceiling may be lower, and then counts. */
export const MAX_OUTPUT_S = 3_600

/** The value of such a metric, in seconds. */
export const OutputForS = z.number().min(0).max(MAX_OUTPUT_S)

/** The output that a metric of a DCMD means; `null`: it is no such command. */
export function commandedOutput(metric: string): CommandedOutput | null {
  if (metric === OUTPUT_COMMANDS.siren) return 'siren'
  return metric === OUTPUT_COMMANDS.strobe ? 'strobe' : null
}

/** Of all outputs, those that a DCMD may switch. */
export const isCommandedOutput = (output: string): output is CommandedOutput => Object.hasOwn(OUTPUT_COMMANDS, output)
