using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Pipelines;
using Tarn.Serving;
using Tarn.Streams;

namespace Tarn;

/// <summary>What a program and each of its systems is put together from: topics, tables, pipelines, services, options.</summary>
public abstract class PartsBuilder
{
    private protected PartsBuilder(HostPlan plan) => Plan = plan;

    /// <summary>
    /// The services that tasks, routes and other services get. Beside yours there are the lake, the topic log, the metadata
    /// store, the orchestrator, <see cref="Notices"/>, <see cref="TimeProvider"/>, and each declared topic and table: by its type
    /// where it is the only one of it, and always by its name (<c>[FromKeyedServices("silver.earthquakes")]</c>).
    /// </summary>
    public IServiceCollection Services => Plan.Services;

    internal HostPlan Plan { get; }

    /// <summary>Adds a topic; it is made at start where it does not exist.</summary>
    /// <typeparam name="T">The type of its values, kept as JSON.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="key">What a value is about: values of one key stay in order.</param>
    /// <param name="options">Partitions, retention and so on; default <see cref="TopicOptions"/>'s.</param>
    /// <param name="json">How values are written; default the web's (camel case).</param>
    public Declared<Topic<T>> AddTopic<T>(string name, Func<T, string> key, TopicOptions? options = null, JsonSerializerOptions? json = null)
    {
        var declared = new Declared<Topic<T>>(name);
        Plan.Open.Add(async (stores, cancellation) =>
        {
            var topic = new Topic<T>(stores.Log, name, key, json);
            if (stores.Log is not ParentTopicLog)
            {
                await topic.EnsureAsync(options, cancellation).ConfigureAwait(false);
            }

            declared.Open(topic);
        });
        Register(declared);
        return declared;
    }

    /// <summary>
    /// Adds a keyed table: one row a key, the newest version of it; made at start where it does not exist. With a history it has a second
    /// table, <c>name_history</c>.
    /// </summary>
    /// <typeparam name="T">A row; its public properties are the columns, in snake_case.</typeparam>
    /// <param name="name">Its name, <c>layer.name</c>.</param>
    /// <param name="define">Its key, what makes a version newer, partitions, history.</param>
    public Declared<KeyedTable<T>> AddTable<T>(string name, Action<KeyedTableDefinition<T>> define)
    {
        var declared = new Declared<KeyedTable<T>>(name);
        Plan.Open.Add(async (stores, cancellation) =>
        {
            var table = new KeyedTable<T>(stores.Lake, name, define);
            await table.EnsureAsync(cancellation).ConfigureAwait(false);
            declared.Open(table);
        });
        Register(declared);
        return declared;
    }

    /// <summary>Adds a table to which rows are only appended; made at start where it does not exist. As a service it is had by its name.</summary>
    /// <typeparam name="T">A row; its public properties are the columns, in snake_case.</typeparam>
    /// <param name="name">Its name, <c>layer.name</c>.</param>
    public Declared<LakeTable> AddAppendTable<T>(string name) =>
        AddAppendTable(name, static n => new TableDefinition(n, RowMapping<T>.Instance.Schema) { Description = RowMapping<T>.Instance.Description });

    /// <summary>Adds a table to which rows are only appended, in every detail; as <see cref="AddAppendTable{T}(string)"/>.</summary>
    /// <param name="definition">Its name, columns, partitions, description and properties.</param>
    public Declared<LakeTable> AddAppendTable(TableDefinition definition) => AddAppendTable(definition.Name, _ => definition);

    /// <summary>
    /// Keeps an append-only table filled from a topic while the server runs: each record becomes a row. Rows and the offsets of all partitions are committed together, when there
    /// are enough of them or they are old enough; so after a crash it goes on where the table is, and no record is lost or there twice. A record that cannot be read, or
    /// whose row the table refuses, goes to <c>bronze.TOPIC_quarantine</c> with the reason.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="table">The table, whose columns are those of <typeparamref name="TRow"/>.</param>
    /// <param name="row">Makes the row of a record: its value, and what of the record itself (partition, offset, time) the table keeps.</param>
    /// <param name="triggers">When it commits; default 100,000 records, 32 MiB or 10 seconds.</param>
    public void AddSink<T, TRow>(Declared<Topic<T>> topic, Declared<LakeTable> table, Func<TopicRecord, T, TRow> row, WriteTriggers? triggers = null) =>
        AddSink(topic, services => new LakeSink<T, TRow>(table.Value, row, QuarantineTable.ForTopic(services.GetRequiredService<Lake.Lake>(), topic.Name)), triggers);

    /// <summary>Keeps a keyed table filled from a topic while the server runs: each record is merged as a version of its key's row; otherwise as for an append-only one.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="table">The table.</param>
    /// <param name="row">Makes the row of a record.</param>
    /// <param name="triggers">When it commits; default 100,000 records, 32 MiB or 10 seconds.</param>
    public void AddSink<T, TRow>(Declared<Topic<T>> topic, Declared<KeyedTable<TRow>> table, Func<TopicRecord, T, TRow> row, WriteTriggers? triggers = null) =>
        AddSink(topic, services => new LakeSink<T, TRow>(table.Value, row, QuarantineTable.ForTopic(services.GetRequiredService<Lake.Lake>(), topic.Name)), triggers);

    /// <summary>Keeps any sink filled from a topic while the server runs.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="sink">Makes the sink, once the data directory is open.</param>
    /// <param name="triggers">When it commits; default 100,000 records, 32 MiB or 10 seconds.</param>
    public void AddSink<T>(Declared<Topic<T>> topic, Func<IServiceProvider, RecordSink<T>> sink, WriteTriggers? triggers = null)
    {
        Plan.Services.AddSingleton<RunningSink>(services => new RunningSink<T>(
            new TopicWriter<T>(topic.Value, sink(services), triggers, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>()),
            services.GetRequiredService<HostInfo>(),
            services.GetRequiredService<Notices>()));
        if (!Plan.Services.Any(static s => s.ImplementationType == typeof(RunningSinks)))
        {
            Plan.Services.AddHostedService<RunningSinks>();
        }
    }

    /// <summary>
    /// Adds an endpoint: a name by which clients call a model (<c>POST /v1/endpoints/NAME/predict</c>, and the serving protocols). It is made at start where there is none of the name; what operators
    /// changed of its split stays. What it answers is kept in <c>gold.predictions</c>, and what becomes known of that in <c>gold.feedback</c>; the view
    /// <c>gold.predictions_with_feedback</c> has both.
    /// </summary>
    /// <param name="name">1 to 64 lower-case letters, digits and hyphens.</param>
    /// <param name="model">The registered model; it need not be there yet.</param>
    /// <param name="define">Its variants, shadows and users' keys; default is the model's champion alone.</param>
    public void AddEndpoint(string name, string model, Func<EndpointDefinition, EndpointDefinition>? define = null)
    {
        var definition = new EndpointDefinition(name, model);
        Plan.Endpoints.Add(define?.Invoke(definition) ?? definition);
        if (Plan.Endpoints.Count > 1)
        {
            return;
        }

        var predictions = AddTopic(PredictionTopics.PredictionsName, static log => PredictionTopics.Predictions(log));
        var feedback = AddTopic(PredictionTopics.FeedbackName, static log => PredictionTopics.Feedback(log));
        AddSink(predictions, AddAppendTable<PredictionRow>(PredictionTopics.PredictionsTable), PredictionRow.From);
        AddSink(feedback, AddAppendTable<FeedbackRow>(PredictionTopics.FeedbackTable), FeedbackRow.From);
        Plan.Open.Add(static (stores, cancellation) => FeedbackView.EnsureAsync(stores.Lake, cancellation));
    }

    /// <summary>Adds a pipeline.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="define">Its schedule, retries and tasks.</param>
    public void AddPipeline(string name, Action<PipelineBuilder> define) => Plan.Services.AddPipeline(name, define);

    /// <summary>
    /// Adds the SQL models of a folder, and a pipeline that runs them: a task a model (<c>gold.daily</c> is run by <c>gold-daily</c>), each after those that it needs,
    /// independent ones side by side. All models of the program are checked at start, with the tables that they read: what is wrong stops the start, all at once, each with file and
    /// line. What a model's file says is told in docs/sql-models.md.
    /// </summary>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="folder">The folder of the <c>.sql</c> files; a relative one is beside the program.</param>
    /// <param name="define">Its schedule, retries and so on, and further tasks; default is a pipeline that is run by hand.</param>
    public void AddSqlModels(string pipeline, string folder, Action<PipelineBuilder>? define = null)
    {
        var models = new ModelFolder(pipeline, Path.GetFullPath(folder, AppContext.BaseDirectory));
        Plan.Models.Add(models);
        Plan.Services.AddPipeline(pipeline, p =>
        {
            define?.Invoke(p);
            models.AddTasks(p);
        });
    }

    /// <summary>
    /// Reads a section of the configuration into an options class at start: each public settable property from the key of its name, checked by
    /// its validation attributes and <see cref="System.ComponentModel.DataAnnotations.IValidatableObject"/>. What breaks a rule stops the start, all at
    /// once. The options are services then, as themselves and as <see cref="Microsoft.Extensions.Options.IOptions{T}"/>.
    /// </summary>
    /// <param name="section">The section, as in <c>Quakes</c>.</param>
    public void AddOptions<T>(string section)
        where T : class, new() => Plan.Options.Add(new OptionsPlan<T>(section));

    private Declared<Topic<T>> AddTopic<T>(string name, Func<TopicLog, Topic<T>> open)
    {
        var declared = new Declared<Topic<T>>(name);
        Plan.Open.Add(async (stores, cancellation) =>
        {
            var topic = open(stores.Log);
            if (stores.Log is not ParentTopicLog)
            {
                await topic.EnsureAsync(PredictionTopics.Options, cancellation).ConfigureAwait(false);
            }

            declared.Open(topic);
        });
        Register(declared);
        return declared;
    }

    private Declared<LakeTable> AddAppendTable(string name, Func<string, TableDefinition> define)
    {
        var declared = new Declared<LakeTable>(name);
        Plan.Open.Add(async (stores, cancellation) => declared.Open(await stores.Lake.EnsureTableAsync(define(name), cancellation).ConfigureAwait(false)));
        Plan.Services.AddKeyedSingleton(declared.Name, (_, _) => declared.Value);
        return declared;
    }

    private void Register<T>(Declared<T> declared)
        where T : class
    {
        Plan.Services.AddSingleton(_ => declared.Value);
        Plan.Services.AddKeyedSingleton(declared.Name, (_, _) => declared.Value);
    }
}
