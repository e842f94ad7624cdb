using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The rows of Parquet files anywhere on this machine. DuckDB reads no file outside the lake's folders, so that each is made visible in the folder for temporary files.
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
        private readonly List<string> _links = [];

        public Opened(Lake lake, IReadOnlyList<string> paths)
        {
            try
            {
                Directory.CreateDirectory(lake.Options.TemporaryFolder);
                foreach (var path in paths)
                {
                    var link = Path.Combine(lake.Options.TemporaryFolder, $"{lake.Ids.NewId()}.parquet");
                    _links.Add(link);
                    Show(path, link);
                }
            }
            catch (Exception e) when (StoreError.IsKnown(e))
            {
                Hide();
                throw StoreError.From(e, "read a Parquet file", paths[Math.Max(0, _links.Count - 1)]);
            }

            _lease = lake.DuckDb.Rent();
            Sql = $"SELECT * FROM read_parquet([{string.Join(", ", _links.Select(static l => SqlNames.Text(SqlNames.Pattern(l))))}], union_by_name = true, hive_partitioning = false)";
        }

        public override DuckDbConnection Connection => _lease.Connection;

        public override string Sql { get; }

        public override ValueTask DisposeAsync()
        {
            _lease.Dispose();
            Hide();
            return ValueTask.CompletedTask;
        }

        private static void Show(string path, string link)
        {
            if (OperatingSystem.IsWindows())
            {
                // Links ask for a privilege there that few programs have.
                File.Copy(path, link);
            }
            else
            {
                File.CreateSymbolicLink(link, path);
            }
        }

        private void Hide()
        {
            foreach (var link in _links)
            {
                File.Delete(link);
            }
        }
    }
}
