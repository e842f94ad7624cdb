using Tarn.Contracts;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]
