using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Tarn.Pipelines;

/// <summary>A task's delegate with where each of its parameters comes from.</summary>
internal sealed class TaskCode
{
    private readonly Delegate _delegate;
    private readonly Func<AttemptScope, object?>[] _sources;

    private TaskCode(Delegate run, CodeParameter[] parameters, Func<AttemptScope, object?>[] sources)
    {
        _delegate = run;
        _sources = sources;
        Parameters = parameters;
        ResultType = ResultOf(run.Method.ReturnType);
        TakesContext = ParametersOf(run).Any(static p => p.ParameterType == typeof(TaskContext));
        Build = run.Method.Module.ModuleVersionId.ToString("N");
    }

    /// <summary>What the code takes of the run: results, the item, parameters.</summary>
    public IReadOnlyList<CodeParameter> Parameters { get; }

    /// <summary>What it returns, without Task or ValueTask around it; null for nothing.</summary>
    public Type? ResultType { get; }

    /// <summary>Whether it gets the attempt's context, and so can read any parameter of the run.</summary>
    public bool TakesContext { get; }

    /// <summary>The build of the assembly that the code is in.</summary>
    public string Build { get; }

    /// <summary>The names, as given, of the tasks whose results the code takes.</summary>
    public static IEnumerable<string> TakenBy(Delegate run) =>
        ParametersOf(run).Select(static p => p.GetCustomAttribute<ResultAttribute>()?.Task).OfType<string>();

    /// <summary>Finds a source for each parameter; what has none is an error where <paramref name="services"/> can tell.</summary>
    public static TaskCode Bind(Delegate run, IServiceProviderIsService? services, Func<string, string?> taskOf, out IReadOnlyList<string> errors)
    {
        var found = new List<string>();
        var method = run.Method;
        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute)))
        {
            found.Add("its code is 'async void', whose end nobody can await; return Task");
        }

        var parameters = ParametersOf(run);
        var own = new List<CodeParameter>();
        var sources = new Func<AttemptScope, object?>[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = parameters[i];
            if (CodeParameter.Find(parameter, taskOf) is { } taken)
            {
                own.Add(taken);
                sources[i] = taken.Read;
                continue;
            }

            sources[i] = SourceOf(parameter);
            if (services is not null && !IsKnown(parameter, services))
            {
                found.Add($"the parameter '{parameter.ParameterType.Name} {parameter.Name}' is neither a registered service nor TaskContext, DataInterval, IServiceProvider or CancellationToken");
            }
        }

        errors = found;
        return new TaskCode(run, [.. own], sources);
    }

    /// <summary>Calls the code, waits for what it returns, and returns that.</summary>
    public async Task<object?> InvokeAsync(AttemptScope scope)
    {
        var arguments = new object?[_sources.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _sources[i](scope);
        }

        var returned = Invoke(arguments);
        if (returned is ValueTask plain)
        {
            await plain;
            return null;
        }

        if (returned is not null and not Task && returned.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
        {
            returned = type.GetMethod(nameof(ValueTask<int>.AsTask))!.Invoke(returned, null);
        }

        if (returned is not Task task)
        {
            return returned;
        }

        await task;
        return ResultType is null ? null : task.GetType().GetProperty(nameof(Task<int>.Result))!.GetValue(task);
    }

    private object? Invoke(object?[] arguments)
    {
        try
        {
            return _delegate.DynamicInvoke(arguments);
        }
        catch (TargetInvocationException error) when (error.InnerException is { } inner)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static Type? ResultOf(Type returned)
    {
        if (returned == typeof(void) || returned == typeof(Task) || returned == typeof(ValueTask))
        {
            return null;
        }

        for (var type = returned; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return returned;
    }

    /// <summary>Delegates made by Expression.Compile and static ones with a bound first argument carry a hidden parameter: the delegate's type knows the rest.</summary>
    private static ParameterInfo[] ParametersOf(Delegate run)
    {
        var parameters = run.GetType().GetMethod("Invoke")!.GetParameters();
        var named = run.Method.GetParameters();
        return named.Length == parameters.Length ? named : parameters;
    }

    private static bool IsKnown(ParameterInfo parameter, IServiceProviderIsService services)
    {
        var type = parameter.ParameterType;
        if (IsOwn(type) || parameter.HasDefaultValue)
        {
            return true;
        }

        return parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed
            ? services is not IServiceProviderIsKeyedService keyedServices || keyedServices.IsKeyedService(type, keyed.Key)
            : services.IsService(type);
    }

    private static bool IsOwn(Type type) =>
        type == typeof(TaskContext) || type == typeof(DataInterval) || type == typeof(CancellationToken) || type == typeof(IServiceProvider);

    private static Func<AttemptScope, object?> SourceOf(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (type == typeof(TaskContext))
        {
            return static scope => scope.Context;
        }

        if (type == typeof(DataInterval))
        {
            return static scope => scope.Context.DataInterval;
        }

        if (type == typeof(CancellationToken))
        {
            return static scope => scope.Context.CancellationToken;
        }

        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
        {
            return scope => scope.Services.GetRequiredKeyedService(type, keyed.Key);
        }

        return parameter.HasDefaultValue
            ? scope => scope.Services.GetService(type) ?? parameter.DefaultValue
            : scope => scope.Services.GetRequiredService(type);
    }
}

/// <summary>What an attempt's parameters are taken from.</summary>
internal readonly record struct AttemptScope(IServiceProvider Services, TaskContext Context, AttemptInput Input);

/// <summary>A parameter of a task's code that comes from the run.</summary>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Name">The full name of the task, or the name of the pipeline's parameter.</param>
/// <param name="Type">Its type.</param>
internal sealed record CodeParameter(CodeParameter.Source Origin, string Name, Type Type)
{
    public enum Source
    {
        Result,
        Item,
        Parameter,
    }

    public static CodeParameter? Find(ParameterInfo parameter, Func<string, string?> taskOf) =>
        parameter.GetCustomAttribute<ResultAttribute>() is { } result ? new CodeParameter(Source.Result, taskOf(result.Task) ?? result.Task, parameter.ParameterType)
        : parameter.IsDefined(typeof(ItemAttribute)) ? new CodeParameter(Source.Item, parameter.Name ?? "item", parameter.ParameterType)
        : parameter.GetCustomAttribute<ParameterAttribute>() is { } named ? new CodeParameter(Source.Parameter, named.Name ?? parameter.Name ?? "", parameter.ParameterType)
        : null;

    public object? Read(AttemptScope scope)
    {
        var json = Origin switch
        {
            Source.Result => scope.Input.Results.GetValueOrDefault(Name),
            Source.Item => scope.Input.Item,
            _ => scope.Input.Parameter(Name),
        };
        return json is null ? Type.IsValueType && Nullable.GetUnderlyingType(Type) is null ? Activator.CreateInstance(Type) : null : JsonSerializer.Deserialize(json, Type, PipelineJson.Options);
    }
}
