/** Figures of the fleet that stand on no dashboard, and why: a test holds this list to the panels. */
export const UNSHOWN: { readonly [figure: string]: string } = {
  'afterCut.number': 'the number of a finding leads to no page of its own',
  'site.state': 'shown by its position, `level`, which can be coloured',
  'stateChange.number': 'the number of a finding leads to no page of its own',
}
