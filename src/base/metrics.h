// Counters, gauges and histograms in the Prometheus text form. Labels are few and never about a person.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace idun {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
public:
    virtual ~Counter() = default;
    virtual void add(double by = 1) = 0;
};
class Gauge {
public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
    virtual void add(double by) = 0;
};
class Histogram {
public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
};

// One per role. Thread-safe; the same name and labels give the same instrument, which lives as long
// as the registry. Names end in their unit (`_seconds`, `_bytes`) or `_total`.
class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    // Buckets are for seconds, from 100 µs to 10 s.
    Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels = {});

    std::string text() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun
