using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Writes small data files of one table, and takes back those of commits that were not made.</summary>
internal sealed class DataFileWriter(LakeTable table)
{
    /// <summary>Writes one small file of rows that are in memory.</summary>
    /// <param name="layout">How rows go into files.</param>
    /// <param name="values">The partition columns' values, by their names in the log.</param>
    /// <param name="columns">The file's columns.</param>
    /// <param name="rows">How many rows, <see cref="SmallParquet.MostRows"/> at most.</param>
    /// <param name="value">A column's value of a row.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <param name="folder">The folder in the table's, with a slash at the end; empty for the table's own.</param>
    public async Task<AddFile> WriteSmallAsync(
        WriteLayout layout,
        IReadOnlyDictionary<string, string?> values,
        TableSchema columns,
        int rows,
        Func<int, int, object?> value,
        CancellationToken cancellationToken,
        string folder = "")
    {
        var (content, stats) = SmallParquet.Write(columns, rows, value, table.Owner.CreatedBy, layout.Statistics, layout.FieldId);
        string path;
        do
        {
            // Never over another file: should ids ever repeat, rows would be lost without a word.
            path = $"{folder}{LogPath.PartitionFolder(layout.PartitionNames, values)}part-{table.Owner.Ids.NewId()}.parquet";
        }
        while (!await table.Owner.Store.PutIfAbsentAsync($"{table.Folder}/{path}", content, cancellationToken).ConfigureAwait(false));

        return new AddFile
        {
            Path = path,
            PartitionValues = values,
            Size = content.Length,
            ModificationTime = table.Owner.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            Stats = stats,
        };
    }

    /// <summary>Removes files of a commit that was not made: of a file that was marked only the marks. One that stays is found by VACUUM.</summary>
    public async Task DiscardAsync(IEnumerable<DeltaAction> actions)
    {
        foreach (var action in actions)
        {
            if (action switch { AddFile { DeletionVector: null } add => add.Path, AddFile { DeletionVector: { StorageType: "u" } vector } => DeletionVectorFiles.RelativePath(vector), CdcFile cdc => cdc.Path, _ => null } is not { } path)
            {
                continue;
            }

            try
            {
                await table.Owner.Store.DeleteAsync($"{table.Folder}/{path}", CancellationToken.None).ConfigureAwait(false);
            }
            catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
            {
                table.Owner.Log.FileLeft(table.Name, path, e);
            }
        }
    }

    public RemoveFile Removal(DataFile file, bool dataChange) => new()
    {
        Path = file.Path,
        DeletionTimestamp = table.Owner.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        DataChange = dataChange,
        ExtendedFileMetadata = true,
        PartitionValues = file.PartitionValues,
        Size = file.Size,
        Tags = file.Action.Tags,
        DeletionVector = file.DeletionVector,
        BaseRowId = file.Action.BaseRowId,
        DefaultRowCommitVersion = file.Action.DefaultRowCommitVersion,
    };
}
