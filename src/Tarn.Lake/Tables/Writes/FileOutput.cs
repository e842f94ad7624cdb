using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>What is written, and how.</summary>
internal sealed record FileOutput
{
    /// <summary>The rows: what may stand in FROM, with the table's columns under their own names.</summary>
    public required string Rows { get; init; }

    /// <summary>Values of parameters in <see cref="Rows"/>.</summary>
    public IReadOnlyDictionary<string, object?> Parameters { get; init; } = new Dictionary<string, object?>();

    /// <summary>Makes the expression of one column fail where a row breaks a rule; null for none.</summary>
    public Func<string, string>? Guard { get; init; }

    /// <summary>The table's columns that the rows have; null for all.</summary>
    public IReadOnlyCollection<string>? Columns { get; init; }

    /// <summary>The partition columns' values of all rows; null where the rows tell them.</summary>
    public IReadOnlyDictionary<string, string?>? Partition { get; init; }

    /// <summary>A column that the files have beside the table's; null for none.</summary>
    public string? Also { get; init; }

    /// <summary>The folder in the table's, with a slash at the end; empty for the table's own.</summary>
    public string Folder { get; init; } = "";

    public bool DataChange { get; init; } = true;

    /// <summary>Collects the event times of the rows written; null where nobody asks.</summary>
    public TouchedSet? Touched { get; init; }

    /// <summary>At what length a file is ended and the next begun.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Writes the files by DuckDB's COPY: several, each of about the length wanted; of a partitioned table's rows, one a partition.</summary>
    /// <exception cref="TarnException">The rows break a rule or cannot be read, or the files cannot be written; none of them is left.</exception>
    public async Task<List<AddFile>> WriteAsync(LakeTable table, DuckDbConnection connection, WriteLayout layout, CancellationToken cancellationToken)
    {
        var store = table.Owner.Store;
        var folder = Folder + (Partition is null ? "" : LogPath.PartitionFolder(layout.PartitionNames, Partition));
        var inPlace = store.LocalPath(folder.Length == 0 ? table.Folder : $"{table.Folder}/{folder.TrimEnd('/')}");
        var local = inPlace ?? Path.Combine(table.Owner.Options.TemporaryFolder, table.Owner.Ids.NewId());
        var written = new List<AddFile>();
        try
        {
            var files = await DuckDbWork.RunAsync(connection, () => Copy(table, connection, layout, local), cancellationToken).ConfigureAwait(false);
            written.AddRange(files.Select(f => Add(table, layout, folder, local, f.File, f.Partition)));
            var taking = Task.WhenAll(files.Select((f, i) => TakeAsync(store, $"{table.Folder}/{written[i].Path}", f.File, inPlace is not null, cancellationToken)));
            try
            {
                // While the store makes them durable.
                if (Touched is { } touched)
                {
                    await DuckDbWork.RunAsync(connection, () => TouchedRows.Add(touched, connection, files.Select((f, i) => (written[i], f.File.Path))), cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                await taking.ConfigureAwait(false);
            }

            var sizes = await taking.ConfigureAwait(false);
            for (var i = 0; i < sizes.Length; i++)
            {
                written[i] = written[i] with { Size = sizes[i] };
            }

            return written;
        }
        catch
        {
            await table.Writer.DiscardAsync(written).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (inPlace is null && Directory.Exists(local))
            {
                Directory.Delete(local, recursive: true);
            }
        }
    }

    /// <summary>Writes them as files of changed rows, in the folder for such.</summary>
    public async Task<List<CdcFile>> WriteChangesAsync(LakeTable table, DuckDbConnection connection, WriteLayout layout, CancellationToken cancellationToken)
    {
        var files = await (this with { Folder = "_change_data/" }).WriteAsync(table, connection, layout, cancellationToken).ConfigureAwait(false);
        return [.. files.Select(static f => new CdcFile(f.Path, f.PartitionValues, f.Size))];
    }

    private static async Task<long> TakeAsync(ObjectStore store, string path, ParquetFile file, bool inPlace, CancellationToken cancellationToken)
    {
        if (inPlace)
        {
            return (await store.AdoptAsync(path, cancellationToken).ConfigureAwait(false)).Size;
        }

        await store.PutFileAsync(path, file.Path, cancellationToken).ConfigureAwait(false);
        return file.Bytes;
    }

    private AddFile Add(LakeTable table, WriteLayout layout, string folder, string local, ParquetFile file, IReadOnlyDictionary<string, string?> partition) => new()
    {
        Path = folder + Path.GetRelativePath(local, file.Path).Replace(Path.DirectorySeparatorChar, '/'),
        PartitionValues = Partition ?? (layout.Partition.Count == 0 ? EmptyMap.NullableStrings : layout.PartitionNames.ToDictionary(
            static n => n, n => partition.GetValueOrDefault(n) is { Length: > 0 } value ? value : null, StringComparer.Ordinal)),
        Size = file.Bytes,
        ModificationTime = table.Owner.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        DataChange = DataChange,
        Stats = file.Stats,
    };

    private List<(ParquetFile File, IReadOnlyDictionary<string, string?> Partition)> Copy(LakeTable table, DuckDbConnection connection, WriteLayout layout, string local)
    {
        Directory.CreateDirectory(local);
        var byRows = Partition is null && layout.Partition.Count > 0;
        var select = layout.FileSelect(Rows, Guard, Also, Columns, partition: byRows);
        var name = $"part-{table.Owner.Ids.NewId()}-";
        var split = byRows
            ? $"PARTITION_BY ({string.Join(", ", layout.PartitionNames.Select(SqlNames.Quote))})"
            : FormattableString.Invariant($"FILE_SIZE_BYTES {FileBytes}");
        var ids = layout.FieldIds(Columns) is { } fieldIds ? $", FIELD_IDS {fieldIds}" : "";
        var sql = $"COPY ({select}) TO {SqlNames.Text(local)} ({ParquetWriter.CopyOptions}, FILENAME_PATTERN {SqlNames.Text(name + "{i}.zstd")}, {split}{ids}, OVERWRITE_OR_IGNORE true)";
        List<(ParquetFile File, IReadOnlyDictionary<string, string?> Partition)> files;
        try
        {
            using var statement = DuckDbWork.Prepare(connection, sql, Parameters);
            using var result = statement.Query();
            files = ParquetWriter.Read(result, layout.Statistics);
        }
        catch
        {
            foreach (var begun in Directory.EnumerateFiles(local, name + "*", byRows ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly))
            {
                File.Delete(begun);
            }

            throw;
        }

        // Without rows there is a file nevertheless.
        foreach (var (file, _) in files.Where(static f => f.File.Rows == 0))
        {
            File.Delete(file.Path);
        }

        files.RemoveAll(static f => f.File.Rows == 0);
        return files;
    }
}
