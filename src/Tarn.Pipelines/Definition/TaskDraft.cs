namespace Tarn.Pipelines;

/// <summary>A task as it was given to the builder, unchecked.</summary>
internal sealed record TaskDraft(
    string Name,
    Delegate Run,
    string[] After,
    string Pool,
    int Slots,
    int? Retries,
    TimeSpan? RetryDelay,
    TimeSpan? Timeout)
{
    public RetryPolicy RetryIn(PipelineSettings pipeline) =>
        pipeline.Retry with { Count = Retries ?? pipeline.Retry.Count, Delay = RetryDelay ?? pipeline.Retry.Delay };

    public TaskDefinition Define(PipelineSettings pipeline, TaskCode code) =>
        new(Name, After, Pool, Slots, RetryIn(pipeline), Timeout ?? pipeline.Timeout, code);
}
