// Runs in a folder with the client's package installed; see README.md.
const client = process.env.LANCEDB_PACKAGE;
module.exports = {
  rootDir: process.env.LANCEDB_TESTS,
  roots: ["<rootDir>/__test__"],
  testEnvironment: "node",
  testTimeout: 20000,
  moduleDirectories: ["node_modules", process.cwd() + "/node_modules"],
  moduleNameMapper: {
    "^\\.\\./lancedb$": __dirname + "/redirect.js",
    "^\\.\\./lancedb/(.*)$": client + "/dist/$1",
  },
  transform: {
    "^.+\\.ts$": [
      process.cwd() + "/node_modules/ts-jest",
      {
        isolatedModules: true,
        diagnostics: false,
        tsconfig: {
          esModuleInterop: true,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          target: "es2022",
          module: "commonjs",
          moduleResolution: "node",
          allowJs: true,
        },
      },
    ],
  },
};
