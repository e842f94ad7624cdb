using Microsoft.Extensions.DependencyInjection;
using Pizza.Pipeline;
using Tarn;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Pipelines;
using Tarn.Registry;
using Tarn.Training;

namespace Pizza;

/// <summary>Pizza: images of a folder, of a table or drawn ones become a model that tells pizza from what is none, judged, registered, and promoted where it is better.</summary>
public static class PizzaSystem
{
    /// <summary>The name of the pipeline, <c>pizza-training</c>: what <c>tarn train pizza</c> runs.</summary>
    public const string PipelineName = "pizza-training";

    /// <summary>The registered model, <c>pizza</c>.</summary>
    public const string ModelName = "pizza";

    /// <summary>The endpoint, <c>pizza</c>: <c>POST /v1/endpoints/pizza/predict</c>.</summary>
    public const string EndpointName = "pizza";

    /// <summary>Adds the system to a program, with the option <c>--images</c> of <c>up</c>.</summary>
    public static TarnAppBuilder AddPizza(this TarnAppBuilder program)
    {
        program.AddOption("--images", "Pizza:Images", "The full path of a folder of images for Pizza, a folder in it for each class; without it, pictures are drawn.", "up pizza --images /data/photos");
        return program.AddSystem("pizza", "Photographs into a model that tells pizza from what is none.", Configure);
    }

    private static void Configure(SystemBuilder pizza)
    {
        pizza.Title("Pizza").Page("/pizza");
        pizza.AddOptions<PizzaOptions>("Pizza");
        pizza.Services.AddSingleton<ImageOrigin>();
        pizza.Services.AddSingleton<TrainingTasks>();
        pizza.Services.AddSingleton(static s => new ImageTrainingParts(
            s.GetRequiredService<Lake>(), s.GetRequiredService<ModelRegistry>(), s.GetRequiredService<MetadataStore>(), s.GetRequiredService<BackboneCatalog>(), s.GetRequiredService<TimeProvider>()));
        pizza.ReportStatus(PizzaStatus.ReportAsync);
        pizza.AddEndpoint(EndpointName, ModelName, static e => e with { Remedy = "`tarn train pizza` makes a model." });
        pizza.AddPipeline(PipelineName, p => Define(p, pizza.Configuration["Pizza:Schedule"], pizza.Configuration["Pizza:Table"]));
    }

    private static void Define(PipelineBuilder p, string? schedule, string? table)
    {
        p.Description("Images to a promoted model: taken in, checked, split, embedded, searched over, trained, evaluated, judged against the champion.")
            .Retries(1, TimeSpan.FromSeconds(5))
            .Timeout(TimeSpan.FromHours(12))
            .Parameter("images", "", "The full path of a folder of images, a folder in it for each class; empty for the configured ones, else drawn ones", check: static path => path.Length == 0 || Path.IsPathFullyQualified(path) ? null : "it is a full path")
            .Parameter("tune", false, "Whether to search over backbone, augmentation and head; else three regressions on each backbone, and the best of these")
            .Parameter("trials", 0, "Trials of the search; 0 for the configured number", check: static n => n is < 0 or > 10_000 ? "it is 0 to 10,000" : null)
            .Parameter("backbones", "", "Backbones to choose from, by commas; empty for the configured ones, else all that are here")
            .Parameter("seed", -1, "What all randomness is drawn from; −1 for the configured seed", check: static n => n < -1 ? "it is −1 or more" : null)
            .Task("ingest", static (TrainingTasks tasks, TaskContext run) => tasks.IngestAsync(run))
            .ShortCircuit("check", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images) => tasks.CheckAsync(run, images))
            .Task("split", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images) => tasks.SplitAsync(run, images), after: "check")
            .Task("embed", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images) => tasks.EmbedAsync(run, images), after: "split")
            .Task("tune", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images) => tasks.TuneAsync(run, images), after: "embed")
            .Task("train", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images, [Result("tune")] ImageChoice choice) => tasks.TrainAsync(run, images, choice))
            .Task("evaluate", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images, [Result("tune")] ImageChoice choice) => tasks.EvaluateAsync(run, images, choice), after: "train")
            .Task("gate", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images) => tasks.JudgeAsync(run, images), after: "evaluate")
            .Task("promote", static (TrainingTasks tasks, TaskContext run, [Result("ingest")] Ingested images, [Result("gate")] ImageVerdict verdict) => tasks.PromoteAsync(run, images, verdict));
        if (!string.IsNullOrWhiteSpace(schedule))
        {
            p.Schedule(schedule);
        }

        if (!string.IsNullOrWhiteSpace(table))
        {
            p.TriggeredBy(DataSource.Table(table));
        }
    }
}
