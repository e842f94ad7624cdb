namespace Tarn.Pipelines.Tests;

/// <summary>What a simulated task does, drawn from a seed, the run's logical date and the task's name: the same in every process that makes the attempt.</summary>
internal sealed record TaskPlan(TaskPlan.Ending End, int Failures, TimeSpan Duration)
{
    public enum Ending
    {
        /// <summary>Throws so many times, then succeeds.</summary>
        Throw,

        /// <summary>Outlasts its time-out so many times, then succeeds.</summary>
        Hang,

        /// <summary>Throws for good.</summary>
        Final,

        Skip,
    }

    /// <summary>Of a short circuit: whether what is after it goes on.</summary>
    public bool GoesOn { get; private init; }

    /// <summary>Of a branch: one bit for each of the tasks after it.</summary>
    public int Choice { get; private init; }

    /// <summary>Of a branch: whether it chooses a task that there is not.</summary>
    public bool Errs { get; private init; }

    /// <summary>Of a list: how many items it has.</summary>
    public int Items { get; private init; }

    /// <summary>Of a sensor: how often it looks in vain.</summary>
    public int Looks { get; private init; }

    public static TaskPlan Of(int seed, string pipeline, DateTimeOffset logicalDate, RunTrigger trigger, string task)
    {
        var kind = trigger == RunTrigger.Manual ? "manual" : "scheduled";
        var random = new Random(JitterSeed.Of(seed, $"{pipeline}/{logicalDate:O}/{kind}", task, 0));
        var end = random.Next(20) switch { 0 => Ending.Final, 1 => Ending.Skip, 2 => Ending.Hang, _ => Ending.Throw };
        var failures = random.Next(3) == 0 ? random.Next(1, 4) : 0;
        return new TaskPlan(end, end == Ending.Hang ? Math.Max(1, failures) : failures, TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(20_000)))
        {
            GoesOn = random.Next(3) > 0,
            Choice = random.Next(16),
            Errs = random.Next(20) == 0,
            Items = random.Next(5),
            Looks = random.Next(4),
        };
    }

    /// <summary>The names that a branch returns.</summary>
    public string[] Choose(PipelineDefinition pipeline, string branch) => Errs
        ? ["nowhere"]
        : [.. pipeline.Tasks.Where(t => t.After.Contains(branch)).Select(static t => t.Name).Where((_, i) => (Choice >> (i % 4) & 1) != 0)];
}
