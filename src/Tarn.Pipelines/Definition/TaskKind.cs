using System.Text.Json.Serialization;

namespace Tarn.Pipelines;

/// <summary>What a task's end means for the tasks after it, and how it is run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskKind>))]
public enum TaskKind
{
    /// <summary>Code that does work.</summary>
    [JsonStringEnumMemberName("task")]
    Task,

    /// <summary>Code that is called once for each item of a list that another task returned.</summary>
    [JsonStringEnumMemberName("mapped")]
    Mapped,

    /// <summary>Code that chooses which of the tasks directly after it go on; the others are skipped.</summary>
    [JsonStringEnumMemberName("branch")]
    Branch,

    /// <summary>Code that says whether anything after it goes on.</summary>
    [JsonStringEnumMemberName("short_circuit")]
    ShortCircuit,

    /// <summary>Waits for something outside; it holds no slot and no thread between two looks.</summary>
    [JsonStringEnumMemberName("sensor")]
    Sensor,

    /// <summary>Runs another pipeline, and waits for its run.</summary>
    [JsonStringEnumMemberName("sub_pipeline")]
    SubPipeline,

    /// <summary>Makes what the tasks after it use.</summary>
    [JsonStringEnumMemberName("setup")]
    Setup,

    /// <summary>Takes away what a setup made: whatever became of the tasks between, also where the run was cancelled.</summary>
    [JsonStringEnumMemberName("teardown")]
    Teardown,
}
