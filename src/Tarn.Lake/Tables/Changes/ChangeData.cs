namespace Tarn.Lake;

/// <summary>The change data feed: files of the rows that a commit changed (protocol, "Add CDC File", "Change Data Files").</summary>
internal static class ChangeData
{
    /// <summary>The column that says what became of a row.</summary>
    public const string TypeColumn = "_change_type";

    public const string Property = "delta.enableChangeDataFeed";

    /// <summary>Whether the table keeps its changes.</summary>
    public static bool IsOn(LogState state) => TableProtocol.HasFeature(state.Protocol!, TableFeature.ChangeDataFeed)
        && string.Equals(state.Metadata!.Configuration.GetValueOrDefault(Property), "true", StringComparison.OrdinalIgnoreCase);
}
