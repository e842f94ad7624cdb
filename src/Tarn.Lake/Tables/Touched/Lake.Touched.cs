using Tarn.Core;

namespace Tarn.Lake;

public sealed partial class Lake
{
    /// <summary>
    /// Which event times the commits after a version touched, oldest first. Every commit of this program to a table that names its event time says so
    /// (<see cref="TableDefinition.EventTime"/>); of others' commits the files' statistics tell it, more coarsely; where neither does, it is not known. Commits that change no rows
    /// (packing, columns, properties) touch nothing, and are told of, too. Only the commits asked for are read: to read on, ask after the last one's version.
    /// </summary>
    /// <param name="table">The table's name.</param>
    /// <param name="afterVersion">The version after which to begin; -1 for all.</param>
    /// <param name="limit">How many at most, 1 to 10,000; default 1,000.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>
    /// The commits, none where there is no newer version. Those that the log's cleanup removed are one entry for all of them: its <see cref="TouchedCommit.IsGone"/> is true, and what
    /// they touched is not known.
    /// </returns>
    /// <exception cref="TarnException">There is no such table, or its latest version is before the one given: it is another table by that name.</exception>
    public Task<IReadOnlyList<TouchedCommit>> TouchedSinceAsync(string table, long afterVersion, int limit = 1000, CancellationToken cancellationToken = default)
    {
        const int most = 10_000;
        return limit is >= 1 and <= most
            ? new TouchedSince(Table(table)).ReadAsync(afterVersion, limit, cancellationToken)
            : throw TarnException.InvalidInput($"Commits are read by 1 to {most} at a time.", $"{limit}", "Ask again after the last one's version.");
    }
}
