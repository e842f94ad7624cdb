using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Files of one version of a table, made ready for DuckDB: present as local files, their deletion vectors read. Whatever reads a table's rows reads them through
/// this: it is where column mapping, deleted rows, partition values and older schemas are seen to. Dispose it to give up the local files.
/// </summary>
internal sealed class SnapshotScan : IDisposable
{
    private readonly LogState _state;
    private readonly LocalFiles _locals;
    private readonly RowSet?[] _deleted;
    private readonly FieldNames[] _names;

    private SnapshotScan(LogState state, IReadOnlyList<DataFile> files, LocalFiles locals, RowSet?[] deleted, FieldNames[] names)
    {
        _state = state;
        Files = files;
        _locals = locals;
        _deleted = deleted;
        _names = names;
    }

    /// <summary>The files; a row's <c>file_index</c> is its file's position here.</summary>
    public IReadOnlyList<DataFile> Files { get; }

    /// <summary>Whether rows of the files are deleted.</summary>
    public bool HasDeletedRows => Array.Exists(_deleted, static d => d is not null);

    /// <summary>The deleted rows of a file, by its position; null where there are none.</summary>
    public RowSet? Deleted(int file) => _deleted[file];

    /// <summary>Makes files of a version ready.</summary>
    /// <param name="files">Brings the files to DuckDB.</param>
    /// <param name="store">The store of the table.</param>
    /// <param name="folder">The table's folder in the store.</param>
    /// <param name="state">The version.</param>
    /// <param name="chosen">The files: all of the version's, or those that matter.</param>
    /// <param name="columns">The columns that will be read, by their names in files; null for all.</param>
    /// <param name="cancellationToken">Ends the preparation.</param>
    /// <param name="known">Deletion vectors that were read before; null to read each.</param>
    public static async Task<SnapshotScan> PrepareAsync(
        ParquetFiles files,
        ObjectStore store,
        string folder,
        LogState state,
        IReadOnlyList<DataFile> chosen,
        ColumnSet? columns,
        CancellationToken cancellationToken,
        DeletedRows? known = null)
    {
        var deleted = new RowSet?[chosen.Count];
        var objects = new (string Path, long Size)[chosen.Count];
        for (var i = 0; i < chosen.Count; i++)
        {
            objects[i] = (LogPath.InStore(store, folder, chosen[i].Path), chosen[i].Size);
            if (chosen[i].DeletionVector is { } vector)
            {
                deleted[i] = known is null
                    ? await DeletionVectorFiles.ReadAsync(store, folder, vector, cancellationToken).ConfigureAwait(false)
                    : await known.ReadAsync(store, folder, vector, cancellationToken).ConfigureAwait(false);
            }
        }

        var locals = await files.OpenAsync(objects, columns, cancellationToken).ConfigureAwait(false);
        try
        {
            return new SnapshotScan(state, chosen, locals, deleted, FieldNames.Read(files, locals.Paths, state));
        }
        catch
        {
            locals.Dispose();
            throw;
        }
    }

    /// <summary>The SELECT that gives the rows.</summary>
    /// <param name="deletedRows">The full name of the table that <see cref="LoadDeletedRows"/> filled; null where no rows are deleted.</param>
    /// <param name="positions">Whether each row's position is given too, as the columns <see cref="TableView.FileColumn"/> and <see cref="TableView.RowColumn"/>.</param>
    public string Sql(string? deletedRows, bool positions = false) => Sql(new TableViewOptions { Rows = HasDeletedRows ? deletedRows : null, Positions = positions });

    /// <summary>The SELECT that gives rows and columns as the options say.</summary>
    public string Sql(TableViewOptions options) => TableView.Sql(_state, Files, _locals.Paths, options with { Names = _names });

    /// <summary>Makes a table of the deleted rows, which is to be dropped after use.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="catalog">The catalog in which it is made.</param>
    /// <param name="schema">The schema, which is there.</param>
    /// <param name="name">The table's name.</param>
    public void LoadDeletedRows(DuckDbConnection connection, string catalog, string schema, string name) => LoadRows(connection, catalog, schema, name, _deleted);

    /// <summary>Makes a table (file BIGINT, row BIGINT) of rows of files, by the files' positions.</summary>
    /// <inheritdoc cref="LoadDeletedRows"/>
    public static void LoadRows(DuckDbConnection connection, string catalog, string schema, string name, IReadOnlyList<RowSet?> rows)
    {
        // DuckDB's own catalog of a connection's temporary tables takes no others.
        var kind = catalog == "temp" ? "TEMP TABLE" : "TABLE";
        connection.Execute($"CREATE OR REPLACE {kind} {SqlNames.Quote(catalog)}.{SqlNames.Quote(schema)}.{SqlNames.Quote(name)} (file BIGINT, row BIGINT)");
        using var appender = connection.Append(name, schema, catalog);
        var count = 0;
        for (var file = 0; file < rows.Count; file++)
        {
            foreach (var row in rows[file]?.Rows() ?? [])
            {
                appender.Column(0).Values<long>()[count] = file;
                appender.Column(1).Values<long>()[count] = row;
                if (++count == DuckDbChunk.Capacity)
                {
                    appender.Append(count);
                    count = 0;
                }
            }
        }

        if (count > 0)
        {
            appender.Append(count);
        }

        appender.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _locals.Dispose();
}
