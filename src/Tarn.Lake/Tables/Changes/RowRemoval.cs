using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

internal static class RowRemoval
{
    public static Task<(List<DeltaAction> Actions, long Deleted)> RunAsync(
        LakeTable table, DuckDbConnection connection, WriteLayout layout, string where, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken) =>
        throw new TarnException(ErrorKind.Unsupported, "Rows under a condition are not yet replaced.", where);
}
