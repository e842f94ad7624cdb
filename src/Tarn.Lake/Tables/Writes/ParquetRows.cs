using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The rows of Parquet files anywhere on this machine. DuckDB reads no file outside the lake's folders, not by a link either, so that each is copied
/// to the folder for temporary files first.
/// </summary>
internal sealed class ParquetRows : RowSource
{
    private readonly IReadOnlyList<string> _paths;

    public ParquetRows(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
        {
            throw TarnException.InvalidInput("Rows come from one Parquet file at least.", "none");
        }

        foreach (var path in paths)
        {
            if (!Path.IsPathFullyQualified(path))
            {
                throw TarnException.InvalidInput("A Parquet file to take rows from is named by its full path.", path);
            }
        }

        _paths = [.. paths];
    }

    internal override Task<OpenRows> OpenAsync(Lake lake, CancellationToken cancellationToken)
    {
        foreach (var path in _paths)
        {
            if (!File.Exists(path))
            {
                throw TarnException.NotFound("A Parquet file to take rows from is there.", path);
            }
        }

        return Task.FromResult<OpenRows>(new Opened(lake, _paths));
    }

    private sealed class Opened : OpenRows
    {
        private readonly LakeDuckDb.Lease _lease;
        private readonly List<string> _copies = [];

        public Opened(Lake lake, IReadOnlyList<string> paths)
        {
            try
            {
                Directory.CreateDirectory(lake.Options.TemporaryFolder);
                foreach (var path in paths)
                {
                    var copy = Path.Combine(lake.Options.TemporaryFolder, $"{lake.Ids.NewId()}.parquet");
                    _copies.Add(copy);
                    File.Copy(path, copy);
                }
            }
            catch (Exception e) when (StoreError.IsKnown(e))
            {
                Hide();
                throw StoreError.From(e, "read", paths[Math.Max(0, _copies.Count - 1)]);
            }

            _lease = lake.DuckDb.Rent();
            Sql = $"SELECT * FROM read_parquet([{string.Join(", ", _copies.Select(static l => SqlNames.Text(SqlNames.Pattern(l))))}], union_by_name = true, hive_partitioning = false)";
        }

        public override DuckDbConnection Connection => _lease.Connection;

        public override string Sql { get; }

        public override ValueTask DisposeAsync()
        {
            _lease.Dispose();
            Hide();
            return ValueTask.CompletedTask;
        }

        private void Hide()
        {
            foreach (var copy in _copies)
            {
                File.Delete(copy);
            }
        }
    }
}
