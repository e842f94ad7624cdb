using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Rows of a class.</summary>
internal sealed class ClassRows<T>(IReadOnlyList<T> rows) : RowSource
{
    internal override Task<OpenRows> OpenAsync(Lake lake, CancellationToken cancellationToken) => Task.FromResult<OpenRows>(new Opened(lake, rows));

    private sealed class Opened : OpenRows
    {
        private readonly LakeDuckDb.Lease _lease;
        private readonly RowBatch _batch;

        public Opened(Lake lake, IReadOnlyList<T> rows)
        {
            _lease = lake.DuckDb.Rent();
            try
            {
                _batch = RowMapping<T>.Instance.Load(_lease.Connection, "source_rows", rows);
            }
            catch
            {
                _lease.Dispose();
                throw;
            }
        }

        public override DuckDbConnection Connection => _lease.Connection;

        public override string Sql => $"SELECT * FROM {_batch.Sql}";

        public override long? Count => _batch.Rows;

        public override ValueTask DisposeAsync()
        {
            try
            {
                _batch.Dispose();
            }
            finally
            {
                _lease.Dispose();
            }

            return ValueTask.CompletedTask;
        }
    }
}
