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

    public static TaskPlan Of(int seed, string pipeline, DateTimeOffset logicalDate, RunTrigger trigger, string task)
    {
        var kind = trigger == RunTrigger.Manual ? "manual" : "scheduled";
        var random = new Random(JitterSeed.Of(seed, $"{pipeline}/{logicalDate:O}/{kind}", task, 0));
        var end = random.Next(20) switch { 0 => Ending.Final, 1 => Ending.Skip, 2 => Ending.Hang, _ => Ending.Throw };
        var failures = random.Next(3) == 0 ? random.Next(1, 4) : 0;
        return new TaskPlan(end, end == Ending.Hang ? Math.Max(1, failures) : failures, TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(20_000)));
    }
}
