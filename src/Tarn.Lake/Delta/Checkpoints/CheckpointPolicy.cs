namespace Tarn.Lake;

/// <summary>How a table's checkpoints are written: what its properties say, and else the lake's options.</summary>
/// <param name="Interval">After how many commits.</param>
/// <param name="V2">Whether they are V2 checkpoints.</param>
/// <param name="Json">Whether a V2 checkpoint's own file is JSON.</param>
/// <param name="SidecarRows">How many files and removals a V2 checkpoint holds itself, and a sidecar at most.</param>
/// <param name="StatsAsJson">Whether statistics are written as JSON.</param>
/// <param name="StatsAsStruct">Whether statistics and partition values are written in columns.</param>
/// <param name="TombstoneRetention">How long removals are kept.</param>
internal sealed record CheckpointPolicy(int Interval, bool V2, bool Json, int SidecarRows, bool StatsAsJson, bool StatsAsStruct, TimeSpan TombstoneRetention)
{
    public static CheckpointPolicy Of(LogState state, LakeOptions options)
    {
        var metadata = state.Metadata!;
        var interval = TableProperty.Number(metadata, TableProperty.CheckpointInterval);
        var retention = TableProperty.Duration(metadata, TableProperty.DeletedFileRetention, TimeSpan.FromDays(7));
        return new CheckpointPolicy(
            interval is >= 1 and <= 1_000_000 ? (int)interval : options.CheckpointInterval,
            metadata.Configuration.GetValueOrDefault(TableProperty.CheckpointPolicy) == "v2" && TableProtocol.HasFeature(state.Protocol!, TableFeature.V2Checkpoint),
            options.JsonCheckpoints,
            options.SidecarRows,
            TableProperty.IsOn(metadata, TableProperty.StatsAsJson, otherwise: true),
            TableProperty.IsOn(metadata, TableProperty.StatsAsStruct),
            retention > options.MinimumRetention ? retention : options.MinimumRetention);
    }
}
