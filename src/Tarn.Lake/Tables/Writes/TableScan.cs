using System.Globalization;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Files of a version ready to be read, with their deleted rows, on one connection. Dispose it to clear up there.</summary>
internal sealed class TableScan : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly SnapshotScan _scan;
    private readonly string? _deleted;

    private TableScan(DuckDbConnection connection, SnapshotScan scan, string? deleted)
    {
        _connection = connection;
        _scan = scan;
        _deleted = deleted;
    }

    public IReadOnlyList<DataFile> Files => _scan.Files;

    /// <summary>The deleted rows of a file, by its position; null where there are none.</summary>
    public RowSet? Deleted(int file) => _scan.Deleted(file);

    /// <param name="table">The table.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="state">The version.</param>
    /// <param name="files">Those of its files that matter.</param>
    /// <param name="name">What tells the scan's temporary table from those of other scans on the connection.</param>
    /// <param name="cancellationToken">Ends the preparation.</param>
    public static async Task<TableScan> OpenAsync(
        LakeTable table, DuckDbConnection connection, LogState state, IReadOnlyList<DataFile> files, string name, CancellationToken cancellationToken)
    {
        var scan = await SnapshotScan.PrepareAsync(table.Owner.Files, table.Owner.Store, table.Folder, state, files, columns: null, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!scan.HasDeletedRows)
            {
                return new TableScan(connection, scan, null);
            }

            var deleted = string.Create(CultureInfo.InvariantCulture, $"deleted_{name}");
            await DuckDbWork.RunAsync(connection, () => scan.LoadDeletedRows(connection, "temp", "main", deleted), cancellationToken).ConfigureAwait(false);
            return new TableScan(connection, scan, $"temp.main.{SqlNames.Quote(deleted)}");
        }
        catch
        {
            scan.Dispose();
            throw;
        }
    }

    /// <summary>The SELECT that gives the rows, with their positions where wanted.</summary>
    public string Sql(bool positions = false) => _scan.Sql(_deleted, positions);

    /// <summary>The same with the deleted rows, for what goes on to rows by their positions: to look each row up among the deleted costs more than to read it.</summary>
    public string SqlOfAll() => _scan.Sql(null, positions: true);

    /// <summary>The condition that a row is not deleted, with <c>WHERE</c> before it; empty where none is.</summary>
    /// <param name="rows">The name of the rows, which have their positions.</param>
    public string WhereLive(string rows) => _deleted is null
        ? ""
        : $" WHERE NOT EXISTS (SELECT 1 FROM {_deleted} gone WHERE gone.file = {rows}.{TableView.FileColumn} AND gone.row = {rows}.{TableView.RowColumn})";

    /// <inheritdoc/>
    public void Dispose()
    {
        _scan.Dispose();
        if (_deleted is not null)
        {
            _connection.Execute($"DROP TABLE IF EXISTS {_deleted}");
        }
    }
}
