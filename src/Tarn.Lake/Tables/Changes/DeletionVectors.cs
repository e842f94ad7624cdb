using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tarn.Lake;

/// <summary>Deletes rows by marking them, where the table allows it.</summary>
internal static class DeletionVectors
{
    public const string Property = "delta.enableDeletionVectors";

    /// <summary>Whether new deletion vectors are written to the table.</summary>
    public static bool AreOn(LogState state) => TableProtocol.HasFeature(state.Protocol!, TableFeature.DeletionVectors)
        && string.Equals(state.Metadata!.Configuration.GetValueOrDefault(Property), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether rows of a file are better marked than left out of a new one: where most of its rows stay. A vector needs the file's number of rows (protocol).</summary>
    /// <param name="file">The file.</param>
    /// <param name="gone">How many more rows of it go.</param>
    public static bool Suits(DataFile file, long gone) => file.PhysicalRows is { } physical && (file.DeletionVector?.Cardinality ?? 0) + gone <= physical / 2;

    /// <summary>Writes vectors into one file.</summary>
    public static async Task<IReadOnlyList<DeletionVectorDescriptor>> WriteAsync(LakeTable table, IReadOnlyList<RowSet> vectors, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (content, descriptors) = DeletionVectorFiles.Write(table.Owner.Ids.NewGuid(), vectors);
            if (await table.Owner.Store.PutIfAbsentAsync($"{table.Folder}/{DeletionVectorFiles.RelativePath(descriptors[0])}", content, cancellationToken).ConfigureAwait(false))
            {
                return descriptors;
            }
        }
    }

    /// <summary>The file with a vector. Its bounds are those of all its rows, the marked ones too.</summary>
    public static AddFile Mark(DataFile file, DeletionVectorDescriptor vector)
    {
        var stats = JsonNode.Parse(file.Stats!, null, new JsonDocumentOptions { MaxDepth = 256 })!.AsObject();
        stats["tightBounds"] = false;
        return file.Action with { DeletionVector = vector, DataChange = true, Stats = stats.ToJsonString(ParquetStatistics.Json) };
    }
}
