/** Runs of a property: few in CI, as many as `MINEWARDEN_FUZZ_RUNS` says where someone has the time. */
export function fuzzRuns(defaultRuns: number): number {
  const asked = Number(process.env.MINEWARDEN_FUZZ_RUNS)
  return Number.isInteger(asked) && asked > 0 ? asked : defaultRuns
}
