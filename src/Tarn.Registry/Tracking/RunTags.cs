namespace Tarn.Registry;

/// <summary>Names of tags that clients of the field give a meaning.</summary>
public static class RunTags
{
    /// <summary>The run's name; the same as <see cref="TrainingRun.Name"/>, whichever of both is set.</summary>
    public const string Name = "mlflow.runName";

    /// <summary>The run that this one is a part of.</summary>
    public const string Parent = "mlflow.parentRunId";

    /// <summary>Who started it.</summary>
    public const string User = "mlflow.user";

    /// <summary>What was started: a file, a pipeline.</summary>
    public const string Source = "mlflow.source.name";

    /// <summary>A note on it, Markdown.</summary>
    public const string Note = "mlflow.note.content";

    /// <summary>Of a dataset's use: what for.</summary>
    public const string DataContext = "mlflow.data.context";

    /// <summary>The models that were logged, a JSON array.</summary>
    public const string LoggedModels = "mlflow.log-model.history";
}
