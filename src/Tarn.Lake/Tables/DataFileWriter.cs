using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Writes data files of one table: Parquet by DuckDB, named by a new id, in the folder of their partition.</summary>
internal sealed class DataFileWriter(LakeTable table)
{
    /// <summary>Writes one file.</summary>
    /// <param name="partitionBy">The partition columns.</param>
    /// <param name="values">Their values.</param>
    /// <param name="schema">The columns that the file has.</param>
    /// <param name="load">Makes the rows ready on the connection, hands the SELECT that gives them to its second argument, and clears up.</param>
    /// <param name="dataChange">Whether the rows are new to the table, or only moved.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async Task<AddFile> WriteAsync(
        IReadOnlyList<string> partitionBy,
        IReadOnlyDictionary<string, string?> values,
        TableSchema schema,
        Func<DuckDbConnection, Func<string, ParquetFile>, ParquetFile> load,
        bool dataChange,
        CancellationToken cancellationToken)
    {
        var path = $"{LogPath.PartitionFolder(partitionBy, values)}part-{table.Owner.Ids.NewId()}.zstd.parquet";
        var (file, info) = await table.Owner.Files.WriteAsync(
            $"{table.Folder}/{path}",
            whole: false,
            (connection, local) => load(connection, select => ParquetWriter.Write(connection, select, schema, local)),
            cancellationToken).ConfigureAwait(false);
        return new AddFile
        {
            Path = path,
            PartitionValues = values,
            Size = info.Size,
            ModificationTime = table.Owner.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            DataChange = dataChange,
            Stats = file.Stats,
        };
    }

    /// <summary>Writes one small file of rows that are in memory.</summary>
    /// <param name="partitionBy">The partition columns.</param>
    /// <param name="values">Their values.</param>
    /// <param name="schema">The columns that the file has.</param>
    /// <param name="rows">How many rows, <see cref="SmallParquet.MostRows"/> at most.</param>
    /// <param name="value">A column's value of a row.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async Task<AddFile> WriteSmallAsync(
        IReadOnlyList<string> partitionBy,
        IReadOnlyDictionary<string, string?> values,
        TableSchema schema,
        int rows,
        Func<int, int, object?> value,
        CancellationToken cancellationToken)
    {
        var (content, stats) = SmallParquet.Write(schema, rows, value, table.Owner.CreatedBy);
        string path;
        do
        {
            // Never over another file: should ids ever repeat, rows would be lost without a word.
            path = $"{LogPath.PartitionFolder(partitionBy, values)}part-{table.Owner.Ids.NewId()}.parquet";
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

    /// <summary>Removes files of a commit that was not made. One that stays is found by VACUUM.</summary>
    public async Task DiscardAsync(IEnumerable<DeltaAction> actions)
    {
        foreach (var action in actions)
        {
            if (action is not AddFile add)
            {
                continue;
            }

            try
            {
                await table.Owner.Store.DeleteAsync($"{table.Folder}/{add.Path}", CancellationToken.None).ConfigureAwait(false);
            }
            catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
            {
                table.Owner.Log.FileLeft(table.Name, add.Path, e);
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
    };
}
